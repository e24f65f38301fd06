import type { FileHandle } from 'node:fs/promises'
import type { Clock } from '../../../contracts/clock.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { plainFailure, type ApiFailure } from './api-failure.ts'
import { BLOCK_BYTES, contentHash } from './content-hash.ts'
import type { DropboxClient } from './dropbox-client.ts'
import { AnythingSchema, MetadataSchema, SessionSchema, TaggedMetadataSchema, type Metadata } from './metadata.ts'
import { nextStep, recovery, type SessionStep } from './session-policy.ts'
import type { UploadGoal, UploadProgress, UploadProgressFolder } from './upload-progress.ts'

export interface SessionParts {
  readonly client: DropboxClient
  readonly progress: UploadProgressFolder
  readonly clock: Pick<Clock, 'now'>
  readonly partBytes: number
}

export interface SessionJob extends UploadGoal {
  readonly file: FileHandle
  readonly blocks: readonly Buffer[]
  /** Hears of what Dropbox has confirmed. */
  readonly onBytes: ((bytes: number) => void) | undefined
}

/** How often one upload follows Dropbox's corrections or begins anew, before it is left to a later try. */
const MOST_DETOURS = 5

/** How a file is put in its place: without a copy under another name, and without a message on the owner's screens. */
export function commitInfo(path: string): object {
  return { path, mode: 'overwrite', autorename: false, mute: true }
}

/** Uploads a large file in parts, and goes on where an earlier try stopped, be it of this process or of one before. */
export class UploadSession {
  readonly #parts: SessionParts
  readonly #job: SessionJob
  readonly #buffer: Buffer
  #session: Pick<UploadProgress, 'session_id' | 'offset' | 'started_at'> | null = null

  constructor(parts: SessionParts, job: SessionJob) {
    this.#parts = parts
    this.#job = job
    // One for all parts: the upload holds no more of the file than this.
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(parts.partBytes, job.size))
  }

  /** @returns what Dropbox says it stored. */
  async run(signal: AbortSignal): Promise<Result<Metadata, PluginError>> {
    const { path, size } = this.#job
    this.#session = await this.#parts.progress.find(this.#job)
    for (let detours = 0; ;) {
      const step = nextStep(this.#session?.offset ?? null, size, this.#parts.partBytes)
      const sent = await this.#send(step, signal)
      if (sent.ok) {
        this.#job.onBytes?.(step.end - step.start)
        if (sent.value === null) continue
        await this.#parts.progress.forget(path)
        return ok(sent.value)
      }
      const next = recovery(sent.error, step, size)
      detours += 1
      if (next.do === 'give_up' || detours > MOST_DETOURS) return err(sent.error.error)
      if (next.do === 'go_on') await this.#reached(next.offset)
      else {
        const there = await this.#alreadyThere(signal)
        if (!there.ok) return there
        if (there.value !== null) return ok(there.value)
      }
    }
  }

  /** The file's metadata once it is complete, else null. */
  async #send(step: SessionStep, signal: AbortSignal): Promise<Result<Metadata | null, ApiFailure>> {
    const body = await this.#read(step, signal)
    if (!body.ok) return err(plainFailure(body.error))
    const { client } = this.#parts
    const hash = this.#hashOf(step)
    if (this.#session === null || step.do === 'start') {
      const argument = { close: false, ...hash }
      const started = await client.upload('files/upload_session/start', { argument, body: body.value }, SessionSchema, signal)
      if (!started.ok) return started
      this.#session = { session_id: started.value.session_id, offset: 0, started_at: this.#parts.clock.now().toISOString() }
      await this.#reached(step.end)
      return ok(null)
    }
    const cursor = { session_id: this.#session.session_id, offset: step.start }
    if (step.do === 'finish') {
      const argument = { cursor, commit: commitInfo(this.#job.path), ...hash }
      return client.upload('files/upload_session/finish', { argument, body: body.value }, MetadataSchema, signal)
    }
    const argument = { cursor, close: false, ...hash }
    const appended = await client.upload('files/upload_session/append_v2', { argument, body: body.value }, AnythingSchema, signal)
    if (!appended.ok) return appended
    await this.#reached(step.end)
    return ok(null)
  }

  async #reached(offset: number): Promise<void> {
    if (this.#session === null) return
    this.#session = { ...this.#session, offset }
    const { path, size, content_hash } = this.#job
    await this.#parts.progress.keep({ path, size, content_hash, ...this.#session })
  }

  /** After the end of a session: was it our own finish, whose answer got lost? Else the next step begins a new one. */
  async #alreadyThere(signal: AbortSignal): Promise<Result<Metadata | null, PluginError>> {
    const { path, content_hash } = this.#job
    const found = await this.#parts.client.rpc('files/get_metadata', { path }, TaggedMetadataSchema, signal)
    if (!found.ok && found.error.tag !== 'path/not_found') return err(found.error.error)
    this.#session = null
    await this.#parts.progress.forget(path)
    return ok(found.ok && found.value.content_hash === content_hash ? found.value : null)
  }

  async #read({ start, end }: SessionStep, signal: AbortSignal): Promise<Result<Uint8Array, PluginError>> {
    for (let position = start; position < end;) {
      if (signal.aborted) return err(pluginError('cancelled', 'storage operation cancelled'))
      const { bytesRead } = await this.#job.file.read(this.#buffer, position - start, end - position, position)
      if (bytesRead === 0) return err(pluginError('unavailable', 'the file became shorter while it was uploaded'))
      position += bytesRead
    }
    return ok(this.#buffer.subarray(0, end - start))
  }

  /** Lets Dropbox refuse a part that was damaged on its way. Only whole blocks have hashes. */
  #hashOf({ start, end }: SessionStep): { content_hash?: string } {
    const endsBlock = end % BLOCK_BYTES === 0 || end === this.#job.size
    if (start % BLOCK_BYTES !== 0 || !endsBlock) return {}
    return { content_hash: contentHash(this.#job.blocks.slice(start / BLOCK_BYTES, Math.ceil(end / BLOCK_BYTES))) }
  }
}
