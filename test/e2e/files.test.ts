import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { clip, drop, made, sha256 } from './harness/clips.ts'
import { openHome, withPhone } from './harness/home.ts'
import { waitFor } from './harness/wait-for.ts'

const encoded = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

const GOOD = {
  'tiny.mp4': () =>
    made([
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgb24',
      '-s',
      '1x1',
      '-r',
      '5',
      '-i',
      '/dev/zero',
      '-t',
      '1',
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv444p',
    ]),
  'huge.mp4': () => made(['-f', 'lavfi', '-i', 'testsrc=s=3840x2160:r=5:d=1', ...encoded]),
  'plain.mp4': () => clip(1),
}
const BAD = {
  'truncated.mp4': () => clip(2).subarray(0, 2000),
  'text.mp4': () => Buffer.from('Dear diary, today I was renamed to mp4.\n'.repeat(200)),
  'sound.mp4': () => made(['-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'aac']),
}

test('of all the odd files the videos become clips, and the others are put aside with a word to the owner', async () => {
  const home = openHome()
  const phone = await withPhone(home)
  const good = Object.entries(GOOD).map(([name, make]) => ({ name, bytes: make() }))
  const bad = Object.entries(BAD).map(([name, make]) => ({ name, bytes: make() }))
  await home.start()
  for (const { name, bytes } of [...bad, ...good]) drop(home.inbox, name, bytes)

  const clips = await waitFor('the videos to be done', () => {
    const done = home.journals().filter(({ status }) => status === 'done')
    return done.length === good.length && done
  })
  expect(clips.map(({ original_name }) => original_name).toSorted()).toEqual(good.map(({ name }) => name).toSorted())
  expect(
    home
      .stored()
      .map((object) => object.sha256)
      .toSorted(),
  ).toEqual(good.map(({ bytes }) => sha256(bytes)).toSorted())

  await waitFor('the others in quarantine', () => home.quarantined().length === bad.length)
  for (const { name } of bad) {
    expect(home.quarantined().filter((each) => each.endsWith(`_${name}`))).toHaveLength(1)
    await waitFor(`news of ${name}`, () =>
      phone.news.find(({ code, message }) => code === 'clip_quarantined' && message.includes(`"${name}"`)),
    )
  }
  expect(home.journals()).toHaveLength(good.length)
  expect(phone.alerts).toHaveLength(good.length)
})

test('a file that stays empty is set aside and reported; when it gets its content after all, that is a clip', async () => {
  const home = openHome()
  await home.start()
  writeFileSync(join(home.inbox, 'empty.mp4'), '')
  home.drop(1)
  await home.done(1)
  await waitFor('the empty file in quarantine', () => home.quarantined().length === 1)
  writeFileSync(join(home.inbox, 'empty.mp4'), clip(2))
  await home.done(2)
  expect(home.quarantined()).toHaveLength(1)
  expect(home.copiesOf([1, 2])).toEqual([1, 1])
})
