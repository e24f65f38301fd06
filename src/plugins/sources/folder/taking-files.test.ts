import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pluginError } from '../../../contracts/errors.ts'
import { err } from '../../../contracts/result.ts'
import { eventually, recordingSink, takeAll } from '../../../testkit/source-contract.ts'
import { offeredNames, WatchedFolder } from '../../../testkit/watched-folder.ts'

describe('what was taken', () => {
  test('is not offered again after a restart', async () => {
    await using fixture = await WatchedFolder.make()
    await fixture.put('x.mp4')
    const first = recordingSink()
    const source = await fixture.started(first)
    await eventually(fixture, () => expect(first.offered).toHaveLength(1))
    await source[Symbol.asyncDispose]()

    await fixture.put('y.mp4')
    const second = recordingSink()
    await fixture.started(second)
    await eventually(fixture, () => expect(offeredNames(second)).toEqual(['y.mp4']))
  })

  test.each([
    ['broken', '{"version":1,"files":[['],
    ['of a newer version', '{"version":2,"files":{}}'],
    ['hostile', '{"version":1,"files":[["x.mp4","1",null]]}'],
  ])('is asked for anew when the list is %s, which is put aside', async (_, text) => {
    await using fixture = await WatchedFolder.make()
    await mkdir(fixture.host.dirs.state, { recursive: true })
    await writeFile(join(fixture.host.dirs.state, 'taken-files.json'), text)
    await fixture.put('x.mp4')
    const sink = recordingSink()
    await fixture.started(sink)
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
    expect(await readFile(join(fixture.host.dirs.state, 'taken-files.json.unreadable'), 'utf8')).toBe(text)
  })

  test('stays in the folder, or is removed if so configured', async () => {
    await using fixture = await WatchedFolder.make()
    await fixture.put('x.mp4')
    const sink = recordingSink()
    await fixture.started(sink, { after_ingest: 'delete' })
    await eventually(fixture, () => expect(sink.offered).toMatchObject([{ take: 'move' }]))
    await expect.poll(() => readdir(fixture.folder)).toEqual([])
  })

  test('is not removed when the next recording already has its name', async () => {
    await using fixture = await WatchedFolder.make()
    await fixture.put('x.mp4', 'first')
    const take = takeAll()
    const sink = recordingSink(async (file) => {
      if (sink.offered.length === 1) {
        await rm(file.path)
        await fixture.put('x.mp4', 'second')
      }
      return take(file)
    })
    await fixture.started(sink, { after_ingest: 'delete' })
    await eventually(fixture, () => expect(sink.offered).toHaveLength(2))
  })

  test('is no other file, when nothing was: a refused file stays even if it is to be deleted', async () => {
    await using fixture = await WatchedFolder.make()
    await fixture.put('x.mp4')
    const sink = recordingSink(async () => err(pluginError('unavailable', 'the spool is full')))
    await fixture.started(sink, { after_ingest: 'delete' })
    await eventually(fixture, () => expect(sink.offered.length).toBeGreaterThan(2))
    expect(await readdir(fixture.folder)).toEqual(['x.mp4'])
  })
})

describe('many files', () => {
  test('a hundred at once are all taken, four at a time, each once', async () => {
    await using fixture = await WatchedFolder.make()
    await Promise.all(Array.from({ length: 100 }, (_, i) => fixture.put(`${i}.mp4`, String(i))))
    let busy = 0
    let busiest = 0
    const take = takeAll()
    const sink = recordingSink(async (file) => {
      busiest = Math.max(busiest, (busy += 1))
      await new Promise((resolve) => setImmediate(resolve))
      busy -= 1
      return take(file)
    })
    await fixture.started(sink)
    await eventually(fixture, () => expect(sink.offered).toHaveLength(100), 55_000)
    await fixture.looks(2)
    expect(new Set(offeredNames(sink)).size).toBe(100)
    expect(sink.offered).toHaveLength(100)
    expect(busiest).toBe(4)
  }, 60_000)

  test('one that is refused for ever does not hold back the others', async () => {
    await using fixture = await WatchedFolder.make()
    const take = takeAll()
    const sink = recordingSink(async (file) => (file.original_name === 'bad.mp4' ? err(pluginError('bug', 'no')) : take(file)))
    await fixture.put('bad.mp4')
    await fixture.started(sink)
    await eventually(fixture, () => expect(offeredNames(sink)).toContain('bad.mp4'))
    for (const name of ['a.mp4', 'b.mp4']) {
      await fixture.put(name)
      await eventually(fixture, () => expect(offeredNames(sink)).toContain(name))
    }
  })
})
