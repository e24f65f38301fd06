import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, messageOf } from '../../../../contracts/errors.ts'
import type { PluginHost } from '../../../../contracts/plugin.ts'
import { attempt, err, type Result } from '../../../../contracts/result.ts'
import { freeBytesAt } from '../../../../lib/free-bytes.ts'
import type { CameraConfig } from '../camera-config.ts'
import { HeldUploads } from './held-uploads.ts'
import { inboxFolders, makeInboxFolders, newFileName, type InboxFolders } from './inbox-folders.ts'
import { KeepAside } from './keep-aside.ts'
import { FileUpload, IgnoredUpload, type PartialUpload } from './partial-upload.ts'
import { ReadyUploads, type ReadyUpload } from './ready-uploads.ts'
import { finishedName, isUnfinishedName, kindOf, originalName } from './upload-name.ts'

const MOST_REMEMBERED = 1000

export interface InboxLimits {
  readonly max_waiting_bytes: number
  readonly min_free_bytes: number
}

export interface InboxOptions {
  readonly camera: Pick<CameraConfig, 'extensions' | 'snapshots' | 'aside_max_bytes'>
  readonly limits: InboxLimits
  /** Takes what is a clip. */
  readonly onClip: (upload: ReadyUpload, isNew: boolean) => void
  readonly stop: AbortSignal
}

/**
 * The uploads of one camera on disk, from the first byte until they are handed over. Clients see none of it: they choose names, never paths.
 * Only one process uses the folder, which the lock on the data folder guarantees.
 */
export class CameraInbox {
  readonly #host: Pick<PluginHost, 'clock' | 'log'>
  readonly #options: InboxOptions
  readonly #folders: InboxFolders
  readonly #ready: ReadyUploads
  readonly #aside: KeepAside
  readonly #held: HeldUploads
  /** Paths that were sent lately, whole or not. */
  readonly #sent = new Set<string>()
  #isOpen = false
  #waitingBytes = 0
  #problem: string | null = null

  constructor(root: string, host: Pick<PluginHost, 'clock' | 'log'>, options: InboxOptions) {
    this.#host = host
    this.#options = options
    this.#folders = inboxFolders(root)
    this.#held = new HeldUploads(host.clock, options.stop)
    this.#ready = new ReadyUploads(this.#folders.ready)
    this.#aside = new KeepAside(this.#folders.aside, options.camera.aside_max_bytes, host.log)
  }

  /** Why nothing can be stored now, for the owner; null when it can. As of the last `check`. */
  get problem(): string | null {
    return this.#problem
  }

  /** Goes on where the last run ended: whole uploads are sorted as if they had just come, unfinished ones go aside. Rejects with Node's error. */
  async open(): Promise<void> {
    await makeInboxFolders(this.#folders)
    for (const name of await readdir(this.#folders.incoming)) await this.#keepAborted(join(this.#folders.incoming, name), name)
    const leftovers = await this.#ready.leftovers()
    this.#isOpen = true
    // From here on nothing rejects: what was offered once must not be offered by a second try.
    for (const upload of leftovers) {
      this.#waitingBytes += upload.size_bytes
      await this.#sort(upload, false)
    }
  }

  /** Looks whether uploads can be stored; cheap enough for each one. */
  async check(): Promise<string | null> {
    const { min_free_bytes, max_waiting_bytes } = this.#options.limits
    const made = await attempt(
      () => makeInboxFolders(this.#folders),
      (cause) => `uploads cannot be stored in ${this.#folders.incoming} (${codeOf(cause) || messageOf(cause)})`,
    )
    const freeBytes = made.ok ? await freeBytesAt([this.#folders.incoming]) : null
    if (!made.ok) this.#problem = made.error
    else if (freeBytes !== null && freeBytes < min_free_bytes) this.#problem = 'the disk is full; cameras are told to try again later'
    else if (this.#waitingBytes >= max_waiting_bytes) this.#problem = 'too many uploads wait to be taken in; is the spool full?'
    else this.#problem = null
    return this.#problem
  }

  /** Begins an upload. The error is for the client: passing trouble. */
  async begin(path: string): Promise<Result<PartialUpload, string>> {
    const { extensions, snapshots } = this.#options.camera
    const name = originalName(path)
    if (!this.#isOpen) return err('is not ready yet')
    if (snapshots === 'ignore' && kindOf(name, extensions) === 'snapshot') return { ok: true, value: new IgnoredUpload() }
    const problem = await this.check()
    if (problem !== null) return err('cannot store files now')
    this.#remember(path)
    const file = join(this.#folders.incoming, newFileName(name, this.#host.clock.now()))
    return attempt(
      () => FileUpload.open(file, (count) => (this.#waitingBytes += count)),
      () => 'cannot store files now',
    )
  }

  /** Makes a whole upload ours. When it resolves, nothing but the pipeline takes it away again. Rejects with Node's error. */
  async complete(upload: PartialUpload, path: string): Promise<void> {
    if (!(upload instanceof FileUpload)) return
    const name = originalName(path)
    await upload.finish()
    if (upload.bytes === 0) {
      await upload.remove()
      this.#host.log.info({ event_type: 'upload_empty', original_name: name }, 'an empty file was uploaded; it is not kept')
      return
    }
    const ready = await this.#ready.take(upload.path, upload.fileName, name)
    this.#waitingBytes += ready.size_bytes
    if (isUnfinishedName(name)) this.#held.hold(path, ready, (held) => this.#sort(held, true))
    else await this.#sort(ready, true)
  }

  /** Keeps what came of an upload that broke off. Never rejects. */
  async abort(upload: PartialUpload, path: string, reason: string): Promise<void> {
    if (!(upload instanceof FileUpload)) return
    await upload.close()
    if (upload.bytes === 0) await upload.remove().catch(() => undefined)
    else await this.#keepAborted(upload.path, originalName(path), reason)
  }

  /** Whether something was sent under this path lately. */
  knows(path: string): boolean {
    return this.#sent.has(path)
  }

  isHeld(path: string): boolean {
    return this.#held.has(path)
  }

  /** Gives a held upload its final name. One that is on its way already keeps the name it came with. */
  async rename(from: string, to: string): Promise<void> {
    await this.#held.rename(from, (upload) => this.#ready.rename(upload, originalName(to)))
  }

  /** To be called for each upload the pipeline has. */
  async taken(upload: ReadyUpload): Promise<void> {
    this.#waitingBytes -= upload.size_bytes
    await this.#ready.remove(upload)
  }

  /** Resolves when nothing is held any more; after `stop` that is at once. What was held is sorted at the next start. */
  async settled(): Promise<void> {
    await this.#held.settled()
  }

  #remember(path: string): void {
    this.#sent.delete(path)
    this.#sent.add(path)
    for (const oldest of this.#sent) {
      if (this.#sent.size <= MOST_REMEMBERED) return
      this.#sent.delete(oldest)
    }
  }

  async #sort(upload: ReadyUpload, isNew: boolean): Promise<void> {
    const { extensions, snapshots } = this.#options.camera
    const original_name = isUnfinishedName(upload.original_name) ? finishedName(upload.original_name) : upload.original_name
    const kind = kindOf(original_name, extensions)
    if (kind === 'clip') {
      this.#options.onClip({ ...upload, original_name }, isNew)
      return
    }
    if (kind === 'snapshot' && snapshots === 'ignore') {
      await this.taken(upload).catch(() => undefined) // then the next start removes it
      return
    }
    const { state, path } = await this.#aside.keep(upload.path, kind === 'other' ? 'other' : 'snapshots')
    if (state === 'failed') return
    this.#waitingBytes -= upload.size_bytes
    await this.#ready.forgetName(upload).catch(() => undefined) // a name without a file is removed at the next start
    this.#host.log.info({ event_type: 'upload_aside', kind, original_name, path }, 'an upload is no clip by its name, it is kept aside')
  }

  async #keepAborted(path: string, original_name: string, reason = 'HomeSec was stopped'): Promise<void> {
    const kept = await this.#aside.keep(path, 'aborted')
    this.#host.log.warn(
      { event_type: 'upload_aborted', original_name, reason, path: kept.path },
      'an upload broke off; what came of it is kept aside',
    )
  }
}
