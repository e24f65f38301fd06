import { addAbortSignal, Readable } from 'node:stream'
import type { PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import type { Result } from '../../../contracts/result.ts'
import type { ByteRange, CopyProgress, ObjectRead, StorageBackend, StoredObject } from '../../../contracts/storage.ts'
import { orAborted } from '../../../lib/deadline.ts'
import { addressOf, keyIn, requireKey, requireRange, spanOf, viewUrlOf } from '../../../lib/remote-storage/address.ts'
import { StorageCalls } from '../../../lib/remote-storage/calls.ts'
import { fault } from '../../../lib/remote-storage/fault.ts'
import { chunksOf, placeDownload, sizeOfSource } from '../../../lib/remote-storage/local-files.ts'
import { WriteProof } from '../../../lib/remote-storage/write-proof.ts'
import { within } from '../../../lib/within.ts'
import type { SftpConfig } from './config.ts'
import { connectSftp } from './connect.ts'
import { readAhead } from './download.ts'
import { HostKeys } from './host-keys.ts'
import { Login } from './login.ts'
import { SFTP_STATUS, sftpError, statusOf } from './sftp-errors.ts'
import type { SftpFiles } from './sftp-files.ts'
import { SharedSession } from './shared-session.ts'
import { Incoming } from './incoming.ts'
import type { Source } from './upload.ts'

const SCHEME = 'sftp'
/** Health is asked every half minute, so a running HomeSec stays connected: a handshake costs both sides more than an idle line. */
const IDLE_MS = 60_000
const CLEAN_UP_MS = 2000

export class SftpStorage implements StorageBackend {
  readonly #config: SftpConfig
  readonly #calls = new StorageCalls(sftpError)
  readonly #session: SharedSession
  readonly #incoming: Incoming
  readonly #proof: WriteProof

  constructor(config: SftpConfig, host: Pick<PluginHost, 'clock' | 'dirs' | 'log' | 'purpose' | 'secrets'>) {
    this.#config = config
    const deps = { login: new Login(config, host.secrets), hostKeys: new HostKeys(host) }
    this.#session = new SharedSession((signal) => connectSftp(config, deps, signal), IDLE_MS)
    this.#incoming = new Incoming(config.root)
    this.#proof = new WriteProof(host.clock)
  }

  put(localPath: string, key: string, signal: AbortSignal, progress?: CopyProgress): Promise<Result<StoredObject, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      requireKey(key)
      const size = await sizeOfSource(localPath)
      return this.#store(key, { size, chunks: chunksOf(localPath, size), onBytes: progress?.onBytes }, limited)
    })
  }

  locate(key: string): Result<string, PluginError> {
    return addressOf(SCHEME, key)
  }

  putBytes(bytes: Uint8Array, key: string, signal: AbortSignal): Promise<Result<StoredObject, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      requireKey(key)
      return this.#store(key, { size: bytes.length, chunks: Readable.from([bytes]) }, limited)
    })
  }

  get(storageUri: string, localPath: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const { stream, size } = await this.#read(keyIn(SCHEME, storageUri), null, limited)
      await placeDownload(stream, size, localPath, limited)
    })
  }

  read(storageUri: string, range: ByteRange | null, signal: AbortSignal): Promise<Result<ObjectRead, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const read = await this.#read(keyIn(SCHEME, storageUri), range, limited)
      // The caller's signal: the stream outlives the call.
      return { ...read, stream: addAbortSignal(signal, read.stream) }
    })
  }

  exists(storageUri: string, signal: AbortSignal): Promise<Result<boolean, PluginError>> {
    return this.#calls.run(signal, (limited) => {
      const path = this.#pathOf(keyIn(SCHEME, storageUri))
      return this.#with(limited, async (files) => (await files.find(path))?.isFolder === false)
    })
  }

  delete(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, (limited) => {
      const path = this.#pathOf(keyIn(SCHEME, storageUri))
      return this.#with(limited, async (files) => {
        // A folder is no object: nothing of that name is stored.
        if ((await files.find(path))?.isFolder === false) await files.remove(path)
      })
    })
  }

  ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, (limited) =>
      this.#with(limited, async (files) => {
        if (this.#proof.isFresh) await files.find(this.#config.root)
        else await this.#proof.over(() => this.#incoming.probe(files, limited))
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const settled = this.#calls[Symbol.asyncDispose]()
    // Parts are taken away first; but a server that no longer answers gets no more time than this.
    await within(settled, CLEAN_UP_MS, new AbortController().signal)
    await this.#session[Symbol.asyncDispose]()
    await settled
  }

  async #store(key: string, source: Source, signal: AbortSignal): Promise<StoredObject> {
    const target = this.#pathOf(key)
    await this.#with(signal, (files) => this.#proof.over(() => this.#incoming.place(files, source, target, signal)))
    return { storage_uri: `${SCHEME}:${key}`, view_url: viewUrlOf(this.#config.view_url_prefix, key) }
  }

  async #read(key: string, range: ByteRange | null, signal: AbortSignal): Promise<ObjectRead> {
    requireRange(range)
    const lease = await this.#session.lease(signal)
    const opening = openObject(lease.files, this.#pathOf(key), key)
    const release = async () => {
      const opened = await opening.catch(() => null)
      await opened?.close().catch(() => undefined)
      lease[Symbol.dispose]()
    }
    try {
      const { handle, size } = await orAborted(opening, signal)
      const { start, end } = spanOf(range, size)
      const stream = Readable.from(readAhead(lease.files, handle, start, end), { objectMode: false })
      return { stream: stream.once('close', () => this.#calls.keep(release())), size }
    } catch (cause) {
      this.#calls.keep(release())
      throw cause
    }
  }

  /** Lets `work` go on behind an abort until it has cleaned up: it holds the session, and closing waits for it. */
  async #with<T>(signal: AbortSignal, work: (files: SftpFiles) => Promise<T>): Promise<T> {
    const lease = await this.#session.lease(signal)
    const working = work(lease.files).finally(() => lease[Symbol.dispose]())
    this.#calls.keep(working.catch(() => undefined))
    return orAborted(working, signal)
  }

  #pathOf(key: string): string {
    return `${this.#config.root}/${key}`
  }
}

interface OpenObject {
  readonly handle: Buffer
  readonly size: number
  readonly close: () => Promise<void>
}

async function openObject(files: SftpFiles, path: string, key: string): Promise<OpenObject> {
  const absent = fault('invalid', `the object "${key}" does not exist`)
  const entry = await files.find(path)
  if (entry === null || entry.isFolder) throw absent
  try {
    const handle = await files.openToRead(path)
    const close = () => files.close(handle)
    try {
      // Of the handle, since the name may have got another object meanwhile.
      return { handle, size: (await files.statOf(handle)).size, close }
    } catch (cause) {
      await close()
      throw cause
    }
  } catch (cause) {
    throw statusOf(cause) === SFTP_STATUS.NO_SUCH_FILE ? absent : cause
  }
}
