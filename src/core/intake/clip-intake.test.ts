import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ok } from '../../contracts/result.ts'
import { IntakeFixture } from '../../testkit/intake-fixture.ts'

let house: IntakeFixture
beforeEach(async () => {
  house = await IntakeFixture.open()
})
afterEach(() => house[Symbol.asyncDispose]())

describe('taking a file in', () => {
  test('a file becomes a clip under our name, keeps its own in the state, stays where it was, and is processed', async () => {
    const { sink, journal, processed, intake } = house.setUp()
    expect(await sink.accept(await house.incoming('My Video.MP4'))).toEqual(ok({ state: 'accepted', clip_id: 'front_door_1767225600.mp4' }))
    expect(journal.files.get('front_door_1767225600.mp4')).toMatchObject({
      original_name: 'My Video.MP4',
      start_ts: '2026-01-01T00:00:00.000Z',
      end_ts: '2026-01-01T00:00:10.000Z',
      source_backend: 'folder',
    })
    expect([await house.inSpool(), await readdir(join(house.root, 'in'))]).toEqual([['front_door_1767225600.mp4'], ['My Video.MP4']])
    await intake.close(1000)
    expect(processed).toEqual(['front_door_1767225600.mp4'])
  })

  test('what its source measured of the motion is kept with the clip', async () => {
    const { sink, journal } = house.setUp()
    const accepted = await sink.accept(await house.incoming('a.mp4', 'a', { motion_scores: [0, NaN, 12.345] }))
    expect(accepted.ok).toBe(true)
    expect(journal.files.get('front_door_1767225600.mp4')).toMatchObject({ motion_scores: [0, 0, 12.35] })
  })

  test('a file that is given away is moved', async () => {
    const { sink } = house.setUp()
    await expect(sink.accept(await house.incoming('a.mp4', 'a', { take: 'move' }))).resolves.toMatchObject({ ok: true })
    expect([await house.inSpool(), await readdir(join(house.root, 'in'))]).toEqual([['front_door_1767225600.mp4'], []])
  })

  test('two clips of one second have two names', async () => {
    const { sink } = house.setUp()
    const both = await Promise.all([sink.accept(await house.incoming('a.mp4')), sink.accept(await house.incoming('b.mp4'))])
    expect(both.every((accepted) => accepted.ok && accepted.value.state === 'accepted')).toBe(true)
    expect(await house.inSpool()).toEqual(['front_door_1767225600.mp4', 'front_door_1767225600_2.mp4'])
  })

  test('the same bytes offered twice are one clip, also at the same moment', async () => {
    const { sink, processed, intake } = house.setUp()
    const [first, second] = [await house.incoming('a.mp4', 'same'), await house.incoming('b.mp4', 'same')]
    const answers = await Promise.all([sink.accept(first), sink.accept(second)])
    expect(answers.map((answer) => answer.ok && answer.value.state).sort()).toEqual(['accepted', 'duplicate'])
    await intake.close(1000)
    expect([processed.length, (await house.inSpool()).length]).toEqual([1, 1])
  })

  test('a file from before the epoch, as cameras without a clock make them, has a name that can be read again', async () => {
    const { sink, journal } = house.setUp()
    const file = await house.incoming('a.mp4', 'a', { start_ts: null })
    await utimes(file.path, 0, 0)
    await expect(sink.accept(file)).resolves.toMatchObject({ value: { clip_id: 'front_door_0.mp4' } })
    expect(journal.files.has('front_door_0.mp4')).toBe(true)
  })

  test('a time that is none is not believed', async () => {
    const { sink } = house.setUp()
    const file = await house.incoming('a.mp4', 'a', { start_ts: 'yesterday' })
    await utimes(file.path, 1_767_225_610, 1_767_225_610)
    expect(await sink.accept(file)).toMatchObject({ value: { clip_id: 'front_door_1767225600.mp4' } })
  })

  test('a file waits until the clips of earlier runs are known', async () => {
    let known: () => void = () => undefined
    const { sink, journal } = house.setUp({ knownClips: new Promise((resolve) => (known = resolve)) })
    const accepting = sink.accept(await house.incoming('a.mp4'))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(journal.files.size).toBe(0)
    known()
    await expect(accepting).resolves.toMatchObject({ ok: true })
  })
})

test('files that wait for the clips of earlier runs do not hold back what a recorder gives away', async () => {
  let known: () => void = () => undefined
  const { sink } = house.setUp({ knownClips: new Promise((resolve) => (known = resolve)) })
  const names = Array.from({ length: 8 }, (_, nth) => `${nth}.mp4`)
  const waiting = names.map(async (name) => sink.accept(await house.incoming(name)))
  await expect(sink.accept(await house.incoming('recorded.mp4', 'recorded', { take: 'move' }))).resolves.toMatchObject({ ok: true })
  known()
  expect((await Promise.all(waiting)).filter(({ ok }) => !ok)).toEqual([])
})
