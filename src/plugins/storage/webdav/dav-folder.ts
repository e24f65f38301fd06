import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../../contracts/clock.ts'
import type { ByteRange } from '../../../contracts/storage.ts'
import { encodedPath } from '../../../lib/remote-storage/address.ts'
import { fault, type StorageFault } from '../../../lib/remote-storage/fault.ts'
import { answerOf, type DavAnswer, type DavBody, type DavClient } from './dav-client.ts'
import { statusFault } from './dav-errors.ts'

export interface DavFile {
  readonly size: number
  /** `SHA1` of the content, hex, where the server tells it (ownCloud, Nextcloud). */
  readonly sha1: string | null
}

const GONE = new Set([404, 410])
/** How a missing folder above the file is told: 409 by the book, 404 by some, 500 by Apache when it moves. */
const NO_PARENT = new Set([404, 409, 500])
/** Without the 500, which has a hundred reasons: a whole upload is too much to find out. */
const SURELY_NO_PARENT = new Set([404, 409])
/** 405: it is there. 301: Apache's way to say so where the slash is eaten by a proxy. */
const FOLDER_IS_THERE = new Set([201, 405, 301])
/** Deleted means deleted: a trash bin would keep what the owner wants gone, and fill the quota. Nextcloud 30 and newer. */
const NO_TRASH = { 'x-nc-skip-trashbin': 'true' }

/** The files below one folder of a WebDAV server, by paths relative to it. Everything it throws for a status is a `StorageFault`. */
export class DavFolder {
  readonly #client: DavClient
  readonly #origin: string
  readonly #base: string
  readonly #clock: Pick<Clock, 'now'>
  readonly #root: string
  #hasIncoming = false

  /** @param root below the address of the server; may be empty. */
  constructor(client: DavClient, url: URL, root: string, clock: Pick<Clock, 'now'>) {
    this.#client = client
    this.#origin = url.origin
    this.#base = url.pathname.replace(/\/+$/, '')
    this.#root = root
    this.#clock = clock
  }

  /**
   * Uploads a file into `INCOMING`, where no reader looks.
   * @returns the SHA-1 of what the server received, where it tells.
   */
  async put(path: string, body: DavBody, signal: AbortSignal): Promise<string | null> {
    // nginx answers a missing folder like any failure, 500; so it is made beforehand.
    if (!this.#hasIncoming) await this.#makeParents(path, signal)
    this.#hasIncoming = true
    // Nextcloud answers with the hash of what arrived (nextcloud/server#19351); others ignore the question.
    const headers = { 'x-hash': 'sha1' }
    const call = { method: 'PUT', path: this.#at(path), headers, body } as const
    let answer = await this.#client.ask(call, signal)
    // Somebody removed it while we ran.
    if (SURELY_NO_PARENT.has(answer.status)) {
      await this.#makeParents(path, signal)
      answer = await this.#client.ask(call, signal)
    }
    if (NO_PARENT.has(answer.status)) this.#hasIncoming = false
    this.#require(answer, 'the file could not be uploaded')
    return answer.header('x-hash-sha1')?.toLowerCase() ?? null
  }

  /** Replaces what is at `to`. `size`: of what is moved. */
  async move(from: string, to: string, size: number, signal: AbortSignal): Promise<void> {
    let answer = await this.#moveTo(from, to, `${this.#origin}${this.#at(to)}`, signal)
    // Behind a proxy that ends TLS a server takes its own full address for that of another one. The path alone it understands;
    // but that cannot be the first choice, since Apache 2.4 wants the full one.
    if (answer.status === 400 || answer.status === 502) answer = await this.#moveTo(from, to, this.#at(to), signal)
    // 207 is a success of which some part failed.
    if (answer.status === 207) throw fault('unavailable', 'the uploaded file could not be given its name')
    if (GONE.has(answer.status)) await this.#requireMoved(to, size, signal)
    else this.#require(answer, 'the uploaded file could not be given its name')
  }

  /** A proxy may fail after the server did its work; the repeated move then finds nothing to move, and that is no verdict. */
  async #requireMoved(to: string, size: number, signal: AbortSignal): Promise<void> {
    const target = await this.find(to, signal)
    if (target?.size !== size) throw fault('unavailable', 'the uploaded file was gone before it could be given its name')
  }

  /** Null when there is no file of that name; a folder is none. */
  async find(path: string, signal: AbortSignal): Promise<DavFile | null> {
    const answer = await this.#client.ask({ method: 'HEAD', path: this.#at(path) }, signal)
    if (GONE.has(answer.status) || this.#isFolder(answer, path)) return null
    this.#require(answer, 'the file could not be looked at')
    // Folders of Nextcloud have neither.
    if (answer.header('etag') === null && answer.header('last-modified') === null) return null
    // Apache leaves out the length of an empty file.
    return { size: Number(answer.header('content-length') ?? 0), sha1: sha1In(answer.header('oc-checksum')) }
  }

  /** The open answer, 200 or 206; null when there is no such file. 416 comes back as it is. */
  async read(path: string, range: ByteRange | null, signal: AbortSignal): Promise<IncomingMessage | null> {
    const headers = range === null ? {} : { range: `bytes=${range.start}-${range.end}` }
    const response = await this.#client.open({ method: 'GET', path: this.#at(path), headers }, signal)
    const answer = answerOf(response)
    if (answer.status === 200 || answer.status === 206) return response
    response.destroy()
    if (answer.status === 416) throw fault('invalid', `bytes ${range?.start ?? 0}-${range?.end ?? 0} are outside of the object`)
    if (GONE.has(answer.status) || this.#isFolder(answer, path)) return null
    throw this.#fault(answer, 'the file could not be read')
  }

  /** Removing what is not there is success. Takes a folder with all in it, so look first. */
  async remove(path: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#client.ask({ method: 'DELETE', path: this.#at(path), headers: NO_TRASH }, signal)
    if (!GONE.has(answer.status)) this.#require(answer, 'the file could not be deleted')
  }

  /** Makes the folders above the target only when the server misses them: most of the time they are there. */
  async #moveTo(from: string, to: string, destination: string, signal: AbortSignal): Promise<DavAnswer> {
    const call = { method: 'MOVE', path: this.#at(from), headers: { destination, overwrite: 'T' } } as const
    const answer = await this.#client.ask(call, signal)
    if (!NO_PARENT.has(answer.status)) return answer
    await this.#makeParents(to, signal)
    return this.#client.ask(call, signal)
  }

  async #makeParents(path: string, signal: AbortSignal): Promise<void> {
    const names = `${this.#root}/${path}`.split('/').filter((name) => name !== '')
    for (let depth = 1; depth < names.length; depth += 1) await this.#makeFolder(names.slice(0, depth).join('/'), signal)
  }

  async #makeFolder(folder: string, signal: AbortSignal): Promise<void> {
    const call = { method: 'MKCOL', path: `${this.#base}/${encodedPath(folder)}/` } as const
    let answer = await this.#client.ask(call, signal)
    // Apache says 403 to one of two who make it at the same time, and the right thing afterwards.
    if (!FOLDER_IS_THERE.has(answer.status)) answer = await this.#client.ask(call, signal)
    if (!FOLDER_IS_THERE.has(answer.status)) throw this.#fault(answer, `the folder "${folder}" could not be made`)
  }

  #at(path: string): string {
    return `${this.#base}/${encodedPath(this.#root === '' ? path : `${this.#root}/${path}`)}`
  }

  /** A server that has a folder of that name sends to the same address with a slash. */
  #isFolder({ status, header }: DavAnswer, path: string): boolean {
    return status >= 301 && status <= 308 && (header('location')?.endsWith(`${this.#at(path)}/`) ?? false)
  }

  #require(answer: DavAnswer, failure: string): void {
    if (answer.status < 200 || answer.status > 299) throw this.#fault(answer, failure)
  }

  #fault({ status, header }: DavAnswer, failure: string): StorageFault {
    return statusFault(failure, status, header('retry-after'), this.#clock.now())
  }
}

/** `SHA1:… MD5:…` */
function sha1In(checksums: string | null): string | null {
  return /\bSHA1:([0-9a-f]{40})\b/i.exec(checksums ?? '')?.[1]?.toLowerCase() ?? null
}
