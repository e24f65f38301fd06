import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Clock } from '../contracts/clock.ts'
import type { PluginHost } from '../contracts/plugin.ts'
import type { StorageBackend } from '../contracts/storage.ts'
import { systemClock } from '../lib/system-clock.ts'
import { startFaultProxy, type Fault, type FaultProxy, type SeenRequest } from './fault-proxy.ts'
import { testHost } from './plugin-host.ts'
import { openS3, S3_ENV } from './s3-fixture.ts'
import { startSwift, type SwiftServer } from './swift-server.ts'
import { bigFile } from './upload-memory.ts'

const live = new AbortController().signal
const MIB = 1024 * 1024
/** How many parts `big` has. */
export const PARTS = 3
const FILE_BYTES = 2 * 5 * MIB + 1000

export const isPart = (number: number) => (request: SeenRequest) =>
  request.method === 'PUT' && request.url.includes(`partNumber=${number}&`)
export const isBegin = ({ method, url }: SeenRequest) => method === 'POST' && /\?uploads/.test(url)
export const isComplete = ({ method, url }: SeenRequest) => method === 'POST' && url.includes('uploadId=')
export const isAbort = ({ method, url }: SeenRequest) => method === 'DELETE' && url.includes('uploadId=')
export const isPut = ({ method }: SeenRequest) => method === 'PUT'
export const isGet = ({ method }: SeenRequest) => method === 'GET'
/** An error as S3 tells it. */
export const answer = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Fault => ({
  do: 'status',
  status,
  headers: { 'content-type': 'application/xml', ...headers },
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>you sent swift-canary-secret</Message></Error>`,
})
/** Time that passes twenty times as fast while somebody waits before trying again. */
const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) }
export const host = (env: Readonly<Record<string, string>> = {}) => testHost({ clock, env: { ...S3_ENV, ...env } })
export const failure = (kind: string, message = '') => ({
  ok: false,
  error: { kind, message: expect.stringContaining(message) as string },
})

/** A real S3 server behind a proxy that spoils requests. */
export class S3BehindFaults implements AsyncDisposable {
  readonly swift: SwiftServer
  readonly proxy: FaultProxy
  /** Goes up in `PARTS` parts. */
  readonly big: { readonly path: string }
  readonly #opened: readonly AsyncDisposable[]

  private constructor(swift: SwiftServer, proxy: FaultProxy, big: Awaited<ReturnType<typeof bigFile>>) {
    this.swift = swift
    this.proxy = proxy
    this.big = big
    this.#opened = [big, proxy, swift]
  }

  static async start(): Promise<S3BehindFaults> {
    const swift = await startSwift()
    await swift.createBucket('clips')
    return new S3BehindFaults(swift, await startFaultProxy(swift), await bigFile(FILE_BYTES))
  }

  /** Whatever it stores has a prefix of its own. */
  open(changes: Readonly<Record<string, unknown>> = {}, by: PluginHost = host()): Promise<StorageBackend> {
    return openS3({ endpoint: this.proxy.url, bucket: 'clips', prefix: randomUUID(), part_size_bytes: 5 * MIB, ...changes }, by)
  }

  /** Stores the file, expects that to work, and that it comes back. */
  async storeAll(storage: StorageBackend): Promise<void> {
    const stored = await storage.put(this.big.path, 'a.mp4', live)
    if (!stored.ok) throw new Error(stored.error.message)
    const target = join(await mkdtemp(join(tmpdir(), 'homesec-s3-')), 'back.mp4')
    expect(await storage.get(stored.value.storage_uri, target, live)).toEqual({ ok: true, value: undefined })
    expect((await readFile(target)).equals(await readFile(this.big.path))).toBe(true)
    expect(await this.swift.unfinishedUploads('clips')).toEqual([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#opened) await each[Symbol.asyncDispose]()
  }
}
