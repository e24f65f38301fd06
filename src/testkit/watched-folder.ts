import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { PluginHost } from '../contracts/plugin.ts'
import type { ClipSink, ClipSource } from '../contracts/source.ts'
import { folderSource } from '../plugins/sources/folder/plugin.ts'
import { FakeClock } from './fake-clock.ts'
import { memoryLogger } from './memory-logger.ts'
import { built, testHost } from './plugin-host.ts'
import { eventually, type recordingSink } from './source-contract.ts'

/** A folder with sources that watch it, under a clock that begins now, as the times of files do. */
export class WatchedFolder implements AsyncDisposable {
  readonly clock = new FakeClock(new Date().toISOString())
  readonly log = memoryLogger()
  readonly folder: string
  readonly host: PluginHost
  readonly #sources: ClipSource[] = []

  constructor(folder: string, host: Partial<PluginHost> = {}) {
    this.folder = folder
    this.host = testHost({ clock: this.clock, log: this.log, ...host })
  }

  static async make(host: Partial<PluginHost> = {}): Promise<WatchedFolder> {
    return new WatchedFolder(await mkdtemp(join(tmpdir(), 'homesec-watched-')), host)
  }

  async source(config: Record<string, unknown> = {}): Promise<ClipSource> {
    const source = await built(folderSource, { path: this.folder, ...config }, this.host)
    this.#sources.push(source)
    return source
  }

  async started(sink: ClipSink, config: Record<string, unknown> = {}): Promise<ClipSource> {
    const source = await this.source(config)
    await source.start(sink, new AbortController().signal)
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

/** What was offered, by name. */
export const offeredNames = (sink: ReturnType<typeof recordingSink>) => sink.offered.map(({ original_name }) => original_name).sort()
