import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, rename, symlink, utimes, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../lib/system-clock.ts'
import { eventually, recordingSink, sourceContract } from '../../../testkit/source-contract.ts'
import { offeredNames, WatchedFolder } from '../../../testkit/watched-folder.ts'

const live = () => new AbortController().signal

sourceContract('folder', async () => {
  const fixture = await WatchedFolder.make()
  const source = await fixture.source({ stability_s: 1, poll_s: 1 })
  let count = 0
  return {
    source,
    produce: () => writeFile(fixture.path(`clip ${(count += 1)}.mp4`), randomBytes(10)),
    pass: fixture.pass,
    outage: {
      begin: () => rename(fixture.folder, `${fixture.folder}-away`),
      end: () => rename(`${fixture.folder}-away`, fixture.folder),
    },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
})

describe('which files are taken', () => {
  test('videos of any case; neither other files, nor hidden or unfinished ones', async () => {
    await using fixture = await WatchedFolder.make()
    for (const name of ['a.mp4', 'B.MKV', 'note.txt', '.hidden.mp4', 'x.mp4.part', 'x.part.mp4', 'y.tmp', '~z.mp4', 'no-ending'])
      await fixture.put(name)
    await mkdir(fixture.path('folder.mp4'))
    const sink = recordingSink()
    await fixture.started(sink)
    await fixture.looks(3)
    expect(offeredNames(sink)).toEqual(['B.MKV', 'a.mp4'])
    expect(sink.offered[0]).toMatchObject({ take: 'link', start_ts: null, end_ts: null })
  })

  test('files in folders inside only if asked for', async () => {
    await using fixture = await WatchedFolder.make()
    await mkdir(fixture.path('2026/01'), { recursive: true })
    await fixture.put('2026/01/deep.mp4')
    const flat = recordingSink()
    const source = await fixture.started(flat)
    await fixture.looks(2)
    await source[Symbol.asyncDispose]()
    expect(offeredNames(flat)).toEqual([])

    const deep = recordingSink()
    await (await fixture.source({ recursive: true })).start(deep, live())
    await eventually(fixture, () => expect(offeredNames(deep)).toEqual(['deep.mp4']))
  })

  test('links within the folder, but none that leads out of it', async () => {
    await using fixture = await WatchedFolder.make()
    const outside = await WatchedFolder.make()
    await outside.put('secret.mp4')
    await fixture.put('inside.mov')
    await symlink(outside.path('secret.mp4'), fixture.path('link.mp4'))
    await symlink(fixture.path('inside.mov'), fixture.path('fine.mp4'))
    await symlink('/nowhere/at/all', fixture.path('dangling.mp4'))
    const sink = recordingSink()
    await fixture.started(sink)
    await fixture.looks(3)
    expect(offeredNames(sink)).toEqual(['fine.mp4', 'inside.mov'])
    expect(fixture.log.lines.filter(({ fields }) => fields['event_type'] === 'file_refused')).toHaveLength(1)
    await outside[Symbol.asyncDispose]()
  })

  test('the start of the recording comes from the name where it tells', async () => {
    await using fixture = await WatchedFolder.make()
    await fixture.put('yard_1767225600.mp4')
    const sink = recordingSink()
    await fixture.started(sink)
    await eventually(fixture, () => expect(sink.offered[0]?.start_ts).toBe('2026-01-01T00:00:00.000Z'))
  })
})

describe('when a file is taken', () => {
  test('not while it grows, then whole', async () => {
    await using fixture = await WatchedFolder.make()
    const sink = recordingSink()
    const source = await fixture.started(sink, { stability_s: 3, poll_s: 1 })
    for (let part = 0; part < 6; part += 1) {
      await appendFile(fixture.path('x.mp4'), 'part')
      const now = fixture.clock.now()
      await utimes(fixture.path('x.mp4'), now, now)
      await fixture.looked(source)
      expect(sink.offered).toEqual([])
    }
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
  })

  test('promptly, without waiting for the next look, since the system tells', async () => {
    await using fixture = await WatchedFolder.make({ clock: systemClock })
    const sink = recordingSink()
    const source = await fixture.source({ poll_s: 3600 })
    await source.start(sink, live())
    await eventually({ pass: async () => undefined }, () => expect(source.health().state).toBe('ok'))
    await fixture.put('x.mp4')
    await eventually({ pass: async () => undefined }, () => expect(sink.offered).toHaveLength(1))
  })

  test('at once when it was moved in whole', async () => {
    await using fixture = await WatchedFolder.make()
    const elsewhere = `${fixture.folder}-elsewhere`
    await writeFile(elsewhere, 'bytes')
    const sink = recordingSink()
    const source = await fixture.started(sink, { stability_s: 3000, poll_s: 2 })
    for (let look = 0; look < 2; look += 1) await fixture.looked(source)
    await rename(elsewhere, fixture.path('x.mp4'))
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
  })

  test('again once it has changed', async () => {
    await using fixture = await WatchedFolder.make()
    await fixture.put('latest.mp4', 'one')
    const sink = recordingSink()
    await fixture.started(sink)
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
    await fixture.put('latest.mp4', 'another')
    await eventually(fixture, () => expect(sink.offered).toHaveLength(2))
  })
})
