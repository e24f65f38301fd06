import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { addAbortSignal, Readable } from 'node:stream'
import { messageOf, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import type { Result } from '../../../contracts/result.ts'
import type { ByteRange, CopyProgress, ObjectRead, StorageBackend, StoredObject } from '../../../contracts/storage.ts'
import { startDeadline } from '../../../lib/deadline.ts'
import { addressOf, keyIn, requireKey, requireRange, viewUrlOf } from '../../../lib/remote-storage/address.ts'
import { StorageCalls } from '../../../lib/remote-storage/calls.ts'
import { fault } from '../../../lib/remote-storage/fault.ts'
import { chunksOf, placeDownload, sizeOfSource } from '../../../lib/remote-storage/local-files.ts'
import { WriteProof } from '../../../lib/remote-storage/write-proof.ts'
import type { WebdavConfig } from './config.ts'
import { DavClient, NO_BODY, type DavBody } from './dav-client.ts'
import { networkError } from './dav-errors.ts'
import { DavFolder } from './dav-folder.ts'
import { KeyLocks } from './key-locks.ts'
import { objectStream } from './object-stream.ts'

const SCHEME = 'webdav'
const INCOMING = '.homesec-incoming'
const CLEAN_UP_MS = 5000

type Host = Pick<PluginHost, 'clock' | 'secrets' | 'purpose'>

export class WebdavStorage implements StorageBackend {
  readonly #config: WebdavConfig
  readonly #host: Host
  readonly #calls = new StorageCalls(networkError)
  readonly #locks = new KeyLocks()
  readonly #proof: WriteProof
  #connected: { readonly client: DavClient; readonly folder: DavFolder } | null = null

  constructor(config: WebdavConfig, host: Host) {
    this.#config = config
    this.#host = host
    this.#proof = new WriteProof(host.clock)
  }

  put(localPath: string, key: string, signal: AbortSignal, progress?: CopyProgress): Promise<Result<StoredObject, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      requireKey(key)
      const size = await sizeOfSource(localPath)
      // The size of now: a file that grows must not break the length that was announced.
      return this.#store(key, { size, open: () => telling(chunksOf(localPath, size), progress) }, limited)
    })
  }

  locate(key: string): Result<string, PluginError> {
    return addressOf(SCHEME, key)
  }

  putBytes(bytes: Uint8Array, key: string, signal: AbortSignal): Promise<Result<StoredObject, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      requireKey(key)
      return this.#store(key, { size: bytes.length, open: () => Readable.from([bytes]) }, limited)
    })
  }

  get(storageUri: string, localPath: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const { stream, size } = objectStream(await this.#open(keyIn(SCHEME, storageUri), null, limited), null)
      await placeDownload(stream, size, localPath, limited)
    })
  }

  read(storageUri: string, range: ByteRange | null, signal: AbortSignal): Promise<Result<ObjectRead, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const response = await this.#open(keyIn(SCHEME, storageUri), range, limited)
      response.setTimeout(0) // a player may pause for as long as it likes
      const { stream, size } = objectStream(response, range)
      // The caller's signal: the stream outlives the call.
      return { stream: addAbortSignal(signal, stream), size }
    })
  }

  exists(storageUri: string, signal: AbortSignal): Promise<Result<boolean, PluginError>> {
    return this.#calls.run(signal, async (limited) => (await this.#folder().find(keyIn(SCHEME, storageUri), limited)) !== null)
  }

  delete(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const key = keyIn(SCHEME, storageUri)
      // DELETE takes a folder with everything in it.
      if ((await this.#folder().find(key, limited)) !== null) await this.#folder().remove(key, limited)
    })
  }

  ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const folder = this.#folder()
      // A fixed name, so that a killed process leaves nothing that the next ping does not take away.
      const probe = `${INCOMING}/probe-${this.#host.purpose}`
      using _mine = await this.#locks.take(probe, limited)
      if (this.#proof.isFresh) {
        await folder.find(probe, limited)
        return
      }
      await this.#proof.over(async () => {
        await folder.put(probe, NO_BODY, limited)
        await folder.move(probe, `${probe}-moved`, NO_BODY.size, limited)
        await folder.remove(`${probe}-moved`, limited)
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls[Symbol.asyncDispose]()
    this.#connected?.client[Symbol.dispose]()
  }

  async #store(key: string, source: DavBody, signal: AbortSignal): Promise<StoredObject> {
    // Named after the key: what a killed process left is overwritten by the next try of the same clip.
    const part = `${INCOMING}/${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
    const lock = await this.#locks.take(part, signal)
    try {
      await this.#proof.over(() => this.#upload(part, key, source, signal))
    } catch (cause) {
      this.#calls.keep(this.#discard(part).finally(() => lock[Symbol.dispose]()))
      throw cause
    }
    lock[Symbol.dispose]()
    return { storage_uri: `${SCHEME}:${key}`, view_url: viewUrlOf(this.#config.view_url_prefix, key) }
  }

  async #upload(part: string, key: string, source: DavBody, signal: AbortSignal): Promise<void> {
    const folder = this.#folder()
    let hash = createHash('sha1')
    const open = () => {
      hash = createHash('sha1') // the client may begin anew
      return hashed(source.open(), hash)
    }
    const received = await folder.put(part, { size: source.size, open }, signal)
    const sent = hash.digest('hex')
    const stored = await folder.find(part, signal)
    if (stored?.size !== source.size) throw fault('unavailable', `the server kept ${stored?.size ?? 'none'} of ${source.size} bytes`)
    if ((received ?? stored.sha1 ?? sent) !== sent) throw fault('unavailable', 'the server received other bytes than were sent')
    await folder.move(part, key, source.size, signal)
  }

  /** Not held up by the signal, which has aborted in most cases. Never rejects. */
  async #discard(part: string): Promise<void> {
    using deadline = startDeadline(CLEAN_UP_MS, new AbortController().signal)
    await this.#connected?.folder.remove(part, deadline.signal).catch(() => undefined)
  }

  async #open(key: string, range: ByteRange | null, signal: AbortSignal): Promise<IncomingMessage> {
    requireRange(range)
    const response = await this.#folder().read(key, range, signal)
    if (response === null) throw fault('invalid', `the object "${key}" does not exist`)
    return response
  }

  #folder(): DavFolder {
    this.#connected ??= this.#connect()
    return this.#connected.folder
  }

  #connect(): { readonly client: DavClient; readonly folder: DavFolder } {
    const { root, verify_tls, idle_timeout_s } = this.#config
    const url = new URL(this.#config.url)
    const client = new DavClient({
      url,
      authorization: this.#authorization(),
      verifyTls: verify_tls,
      ca: this.#ca(),
      idleTimeoutMs: idle_timeout_s * 1000,
    })
    return { client, folder: new DavFolder(client, url, root, this.#host.clock) }
  }

  #authorization(): string | null {
    const { username_env, password_env } = this.#config
    if (username_env === undefined || password_env === undefined) return null
    return `Basic ${Buffer.from(`${this.#secret(username_env)}:${this.#secret(password_env)}`).toString('base64')}`
  }

  #secret(envName: string): string {
    const value = this.#host.secrets.get(envName)
    if (value === undefined) throw fault('rejected', `the environment variable ${envName} is not set`)
    return value
  }

  #ca(): string | undefined {
    const { ca_file } = this.#config
    if (ca_file === undefined) return undefined
    try {
      return readFileSync(ca_file, 'utf8')
    } catch (cause) {
      throw fault('rejected', `the file in \`ca_file\` cannot be read: ${messageOf(cause)}`)
    }
  }
}

/** A chunk has left this machine when the next one is asked for. */
async function* telling(chunks: AsyncIterable<Uint8Array>, progress?: CopyProgress): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk
    progress?.onBytes(chunk.length)
  }
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}
