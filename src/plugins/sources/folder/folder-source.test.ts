import { randomBytes } from 'node:crypto'
import { appendFile, mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err } from '../../../contracts/result.ts'
import type { ClipSink, ClipSource } from '../../../contracts/source.ts'
import { systemClock } from '../../../lib/system-clock.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { configNames, testHost } from '../../../testkit/plugin-host.ts'
import { eventually, recordingSink, sourceContract, takeAll } from '../../../testkit/source-contract.ts'
import { folderSource } from './plugin.ts'

const live = () => new AbortController().signal

/** A watched folder under a clock that begins now, as the times of files do. */
class Fixture implements AsyncDisposable {
  readonly clock = new FakeClock(new Date().toISOString())
  readonly log = memoryLogger()
  readonly folder: string
  readonly host: PluginHost
  #sources: ClipSource[] = []

  constructor(folder: string, host: Partial<PluginHost> = {}) {
    this.folder = folder
    this.host = testHost({ clock: this.clock, log: this.log, ...host })
  }

  static async make(host: Partial<PluginHost> = {}): Promise<Fixture> {
    return new Fixture(await mkdtemp(join(tmpdir(), 'homesec-watched-')), host)
  }

  async source(config: Record<string, unknown> = {}): Promise<ClipSource> {
    const loaded = await folderSource.load({ path: this.folder, ...config }, this.host)
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
    this.#sources.push(loaded.value)
    return loaded.value
  }

  async started(sink: ClipSink, config: Record<string, unknown> = {}): Promise<ClipSource> {
    const source = await this.source(config)
    await source.start(sink, live())
    await this.looked(source)
    return source
  }

  /** Lets time pass until the source has looked at the folder once more. */
  async looked(source: ClipSource): Promise<void> {
    const before = source.health().last_heartbeat
    await eventually(this, () => expect(source.health().last_heartbeat).not.toBe(before))
  }

  pass = () => this.clock.advance(250)

  async looks(times: number): Promise<void> {
    for (const source of this.#sources) for (let turn = 0; turn < times; turn += 1) await this.looked(source)
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** A file that was finished long ago. */
  async put(name: string, bytes: Uint8Array | string = randomBytes(20)): Promise<void> {
    await writeFile(this.path(name), bytes)
    const longAgo = new Date(Date.now() - 3_600_000)
    await utimes(this.path(name), longAgo, longAgo)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#sources) await source[Symbol.asyncDispose]()
    await rm(this.folder, { recursive: true, force: true })
  }
}

sourceContract('folder', async () => {
  const fixture = await Fixture.make()
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

const names = (sink: ReturnType<typeof recordingSink>) => sink.offered.map(({ original_name }) => original_name).sort()

describe('which files are taken', () => {
  test('videos of any case; neither other files, nor hidden or unfinished ones', async () => {
    await using fixture = await Fixture.make()
    for (const name of ['a.mp4', 'B.MKV', 'note.txt', '.hidden.mp4', 'x.mp4.part', 'x.part.mp4', 'y.tmp', '~z.mp4', 'no-ending'])
      await fixture.put(name)
    await mkdir(fixture.path('folder.mp4'))
    const sink = recordingSink()
    await fixture.started(sink)
    await fixture.looks(3)
    expect(names(sink)).toEqual(['B.MKV', 'a.mp4'])
    expect(sink.offered[0]).toMatchObject({ take: 'link', start_ts: null, end_ts: null })
  })

  test('files in folders inside only if asked for', async () => {
    await using fixture = await Fixture.make()
    await mkdir(fixture.path('2026/01'), { recursive: true })
    await fixture.put('2026/01/deep.mp4')
    const flat = recordingSink()
    const source = await fixture.started(flat)
    await fixture.looks(2)
    await source[Symbol.asyncDispose]()
    expect(names(flat)).toEqual([])

    const deep = recordingSink()
    await (await fixture.source({ recursive: true })).start(deep, live())
    await eventually(fixture, () => expect(names(deep)).toEqual(['deep.mp4']))
  })

  test('links within the folder, but none that leads out of it', async () => {
    await using fixture = await Fixture.make()
    const outside = await Fixture.make()
    await outside.put('secret.mp4')
    await fixture.put('inside.mov')
    await symlink(outside.path('secret.mp4'), fixture.path('link.mp4'))
    await symlink(fixture.path('inside.mov'), fixture.path('fine.mp4'))
    await symlink('/nowhere/at/all', fixture.path('dangling.mp4'))
    const sink = recordingSink()
    await fixture.started(sink)
    await fixture.looks(3)
    expect(names(sink)).toEqual(['fine.mp4', 'inside.mov'])
    expect(fixture.log.lines.filter(({ fields }) => fields['event_type'] === 'file_refused')).toHaveLength(1)
    await outside[Symbol.asyncDispose]()
  })

  test('the start of the recording comes from the name where it tells', async () => {
    await using fixture = await Fixture.make()
    await fixture.put('yard_1767225600.mp4')
    const sink = recordingSink()
    await fixture.started(sink)
    await eventually(fixture, () => expect(sink.offered[0]?.start_ts).toBe('2026-01-01T00:00:00.000Z'))
  })
})

describe('when a file is taken', () => {
  test('not while it grows, then whole', async () => {
    await using fixture = await Fixture.make()
    const sink = recordingSink()
    const source = await fixture.started(sink, { stability_s: 3, poll_s: 1 })
    for (let part = 0; part < 6; part += 1) {
      await appendFile(fixture.path('x.mp4'), 'part')
      await fixture.looked(source)
      expect(sink.offered).toEqual([])
    }
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
  })

  test('promptly, without waiting for the next look, since the system tells', async () => {
    await using fixture = await Fixture.make({ clock: systemClock })
    const sink = recordingSink()
    const source = await fixture.source({ poll_s: 3600 })
    await source.start(sink, live())
    await eventually({ pass: async () => undefined }, () => expect(source.health().state).toBe('ok'))
    await fixture.put('x.mp4')
    await eventually({ pass: async () => undefined }, () => expect(sink.offered).toHaveLength(1))
  })

  test('at once when it was moved in whole', async () => {
    await using fixture = await Fixture.make()
    const elsewhere = `${fixture.folder}-elsewhere`
    await writeFile(elsewhere, 'bytes')
    const sink = recordingSink()
    const source = await fixture.started(sink, { stability_s: 3000, poll_s: 2 })
    for (let look = 0; look < 2; look += 1) await fixture.looked(source)
    await rename(elsewhere, fixture.path('x.mp4'))
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
  })

  test('again once it has changed', async () => {
    await using fixture = await Fixture.make()
    await fixture.put('latest.mp4', 'one')
    const sink = recordingSink()
    await fixture.started(sink)
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
    await fixture.put('latest.mp4', 'another')
    await eventually(fixture, () => expect(sink.offered).toHaveLength(2))
  })
})

describe('what was taken', () => {
  test('is not offered again after a restart', async () => {
    await using fixture = await Fixture.make()
    await fixture.put('x.mp4')
    const first = recordingSink()
    const source = await fixture.started(first)
    await eventually(fixture, () => expect(first.offered).toHaveLength(1))
    await source[Symbol.asyncDispose]()

    await fixture.put('y.mp4')
    const second = recordingSink()
    await fixture.started(second)
    await eventually(fixture, () => expect(names(second)).toEqual(['y.mp4']))
  })

  test.each([
    ['broken', '{"version":1,"files":[['],
    ['of a newer version', '{"version":2,"files":{}}'],
    ['hostile', '{"version":1,"files":[["x.mp4","1",null]]}'],
  ])('is asked for anew when the list is %s, which is put aside', async (_, text) => {
    await using fixture = await Fixture.make()
    await mkdir(fixture.host.dirs.state, { recursive: true })
    await writeFile(join(fixture.host.dirs.state, 'taken-files.json'), text)
    await fixture.put('x.mp4')
    const sink = recordingSink()
    await fixture.started(sink)
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
    expect(await readFile(join(fixture.host.dirs.state, 'taken-files.json.unreadable'), 'utf8')).toBe(text)
  })

  test('stays in the folder, or is removed if so configured', async () => {
    await using fixture = await Fixture.make()
    await fixture.put('x.mp4')
    const sink = recordingSink()
    await fixture.started(sink, { after_ingest: 'delete' })
    await eventually(fixture, () => expect(sink.offered).toMatchObject([{ take: 'move' }]))
    await expect.poll(() => readdir(fixture.folder)).toEqual([])
  })

  test('is not removed when the next recording already has its name', async () => {
    await using fixture = await Fixture.make()
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
    await using fixture = await Fixture.make()
    await fixture.put('x.mp4')
    const sink = recordingSink(async () => err(pluginError('unavailable', 'the spool is full')))
    await fixture.started(sink, { after_ingest: 'delete' })
    await eventually(fixture, () => expect(sink.offered.length).toBeGreaterThan(2))
    expect(await readdir(fixture.folder)).toEqual(['x.mp4'])
  })
})

describe('many files', () => {
  test('five hundred at once are all taken, four at a time, each once', async () => {
    await using fixture = await Fixture.make()
    await Promise.all(Array.from({ length: 500 }, (_, i) => fixture.put(`${i}.mp4`, String(i))))
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
    await eventually(fixture, () => expect(sink.offered).toHaveLength(500), 30_000)
    await fixture.looks(2)
    expect(new Set(names(sink)).size).toBe(500)
    expect(sink.offered).toHaveLength(500)
    expect(busiest).toBe(4)
  }, 60_000)

  test('one that is refused for ever does not hold back the others', async () => {
    await using fixture = await Fixture.make()
    const take = takeAll()
    const sink = recordingSink(async (file) => (file.original_name === 'bad.mp4' ? err(pluginError('bug', 'no')) : take(file)))
    await fixture.put('bad.mp4')
    await fixture.started(sink)
    await eventually(fixture, () => expect(names(sink)).toContain('bad.mp4'))
    for (const name of ['a.mp4', 'b.mp4']) {
      await fixture.put(name)
      await eventually(fixture, () => expect(names(sink)).toContain(name))
    }
  })
})

describe('the folder', () => {
  test('may be missing at start', async () => {
    await using fixture = await Fixture.make()
    await rm(fixture.folder, { recursive: true })
    const source = await fixture.source()
    const sink = recordingSink()
    await source.start(sink, live())
    await eventually(fixture, () => expect(source.health()).toMatchObject({ state: 'down', last_heartbeat: null }))
    expect(source.health().detail).toContain('is missing')
    await mkdir(fixture.folder)
    await fixture.put('x.mp4')
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
    expect(source.health().state).toBe('ok')
  })

  test('may be replaced by another of the same name between two looks', async () => {
    await using fixture = await Fixture.make()
    const sink = recordingSink()
    const source = await fixture.started(sink)
    await rm(fixture.folder, { recursive: true })
    await mkdir(fixture.folder)
    await fixture.looked(source)
    await fixture.put('x.mp4')
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
  })

  test('must not overlap with the data folder, whichever is inside, links or not', async () => {
    await using fixture = await Fixture.make()
    const link = `${fixture.folder}-link`
    await symlink(fixture.folder, link)
    const dirs = (data: string) => ({ dirs: { data, state: join(data, 'state') } })
    for (const data of [fixture.folder, fixture.path('data/deep'), join(link, 'data'), tmpdir()]) {
      const loaded = await folderSource.load({ path: fixture.folder }, testHost(dirs(data)))
      expect(loaded).toMatchObject({ ok: false, error: [{ message: expect.stringContaining('overlap') as string }] })
    }
    expect((await folderSource.load({ path: fixture.folder }, testHost(dirs(`${fixture.folder}-data`)))).ok).toBe(true)
    await rm(link)
  })

  test('must be named by an absolute path', () => {
    const problems = folderSource.problems({ path: 'videos' }, configNames())
    expect(problems).toMatchObject([{ path: ['path'], message: 'use an absolute path' }])
  })
})
