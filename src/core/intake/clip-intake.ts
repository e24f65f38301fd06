import { setMaxListeners } from 'node:events'
import type { Clip } from '../../contracts/clip.ts'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import { codeOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import type { Logger } from '../../contracts/logger.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import type { Accepted, ClipSink, IncomingFile } from '../../contracts/source.ts'
import { Semaphore, type Lane } from '../../lib/semaphore.ts'
import { within } from '../../lib/within.ts'
import type { ClipIndex } from '../clips/clip-index.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import { ingestFile, type IngestDeps } from './ingest-file.ts'
import type { SystemAlerts } from '../alerts/system-alerts.ts'

export interface IntakeDeps {
  readonly repository: ClipRepository
  readonly index: Pick<ClipIndex, 'clipWithSha'>
  readonly ingest: Pick<IngestDeps, 'spool' | 'probe' | 'remux' | 'now'>
  readonly process: (clip: ClipStateData, slot: Disposable, signal: AbortSignal) => Promise<void>
  readonly maxClipsInFlight: number
  /** Settles when the clips of earlier runs are known, so that a file offered again is recognised. */
  readonly knownClips: Promise<void>
  readonly alerts: Pick<SystemAlerts, 'raise'>
  readonly configHash: string
  readonly log: Logger
}

/** Probes and hashes at once; more would only fight for the same disk and cores. */
const MOST_INGESTS = 4

/**
 * The door of the pipeline: makes offered files into clips, and runs each clip through it, no more than `maxClipsInFlight` at
 * once, new ones before those left over from an earlier run. One clip's failure never reaches another.
 */
export class ClipIntake {
  readonly #deps: IntakeDeps
  readonly #inFlight: Semaphore
  readonly #ingests = new Semaphore(MOST_INGESTS)
  readonly #running = new Set<Promise<unknown>>()
  /** No clip is in the pipeline twice. */
  readonly #onTheirWay = new Map<string, Promise<void>>()
  readonly #claimed = new Map<string, Promise<void>>()
  /** No new work starts after this. */
  readonly #closing = new AbortController()
  /** Work under way is cut short by this. */
  readonly #cancel = new AbortController()

  constructor(deps: IntakeDeps) {
    this.#deps = deps
    this.#inFlight = new Semaphore(deps.maxClipsInFlight)
    for (const { signal } of [this.#closing, this.#cancel]) setMaxListeners(0, signal) // every waiting clip listens
  }

  /** Clips waiting for a slot, and clips that hold one. */
  get load(): { readonly waiting: number; readonly inFlight: number } {
    return { waiting: this.#inFlight.waiting, inFlight: this.#inFlight.held }
  }

  sinkFor(origin: { readonly camera_name: string; readonly source_backend: string }): ClipSink {
    return { accept: (file) => this.#track(this.#accept(file, origin)) }
  }

  /** Runs a clip that is in the repository, or waits for its run under way; resolves when it has left the pipeline. */
  async run(clipId: string, lane: Lane): Promise<void> {
    const held = await this.#deps.repository.hold(clipId)
    if (!held.ok) {
      this.#deps.log.error({ event_type: 'clip_not_loaded', clip_id: clipId, error: held.error.message }, 'a clip could not be loaded')
      return
    }
    await this.#runOnce(clipId, held.value, lane)
  }

  /** Lets clips in flight finish within `graceMs`, then cancels them; those waiting stay for the next start. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort()
    const finished = await within(Promise.all(this.#running), graceMs, this.#cancel.signal)
    if (!finished && !this.#cancel.signal.aborted)
      this.#deps.log.warn({ event_type: 'shutdown_cancels', clips: this.#running.size }, 'clips in flight go on at the next start')
    this.#cancel.abort()
    await Promise.all(this.#running)
  }

  async #accept(
    file: IncomingFile,
    origin: { readonly camera_name: string; readonly source_backend: string },
  ): Promise<Result<Accepted, PluginError>> {
    // Before a slot is taken: a recorder's own clip is never offered twice, and must not wait for a slow disk behind those that may be.
    if (file.take === 'link') await this.#deps.knownClips
    using slot = await this.#ingests.acquire(this.#closing.signal)
    if (slot === null) return err(pluginError('cancelled', 'shutting down'))
    const deps: IngestDeps = { ...this.#deps.ingest, claim: (sha256) => this.#claim(sha256) }
    const ingested = await ingestFile(file, origin, deps, { onClip: (clip) => this.#record(clip), signal: this.#cancel.signal })
    if (!ingested.ok) {
      const isOffered = file.take === 'link' || origin.source_backend === 'recovered'
      // Removed before its turn came, by its owner or by the run that was busy with it.
      if (!isOffered || codeOf(ingested.error.cause) !== 'ENOENT') this.#reportRefusal(ingested.error, origin.camera_name)
      return ingested
    }
    switch (ingested.value.state) {
      case 'clip': {
        const { clip_id } = ingested.value.clip
        await this.#deps.repository.settled(clip_id)
        return ok({ state: 'accepted', clip_id })
      }
      case 'quarantined':
        this.#reportQuarantine(ingested.value, file, origin.camera_name)
        return ok(ingested.value)
      default:
        this.#deps.log.info({ event_type: 'clip_duplicate', ...origin, clip_id: ingested.value.clip_id }, 'these bytes are a clip already')
        return ok(ingested.value)
    }
  }

  #record(clip: Clip): void {
    this.#deps.repository.record(clip.clip_id, { event_type: 'clip_recorded', clip, config_hash: this.#deps.configHash })
    this.#deps.log.info(
      {
        event_type: 'clip_recorded',
        clip_id: clip.clip_id,
        camera_name: clip.camera_name,
        duration_s: clip.duration_s,
        size_bytes: clip.size_bytes,
      },
      'new clip',
    )
    const hold = this.#deps.repository.holdLoaded(clip.clip_id)
    // What a crash left is no news; it must not hold back what a camera sees now.
    void this.#runOnce(clip.clip_id, hold, clip.source_backend === 'recovered' ? 'backlog' : 'live')
  }

  #runOnce(clipId: string, hold: Disposable, lane: Lane): Promise<void> {
    const underWay = this.#onTheirWay.get(clipId)
    if (underWay !== undefined) {
      hold[Symbol.dispose]()
      return underWay
    }
    const running = this.#track(this.#runHeld(clipId, hold, lane).finally(() => this.#onTheirWay.delete(clipId)))
    this.#onTheirWay.set(clipId, running)
    return running
  }

  async #runHeld(clipId: string, hold: Disposable, lane: Lane): Promise<void> {
    using _hold = hold
    using slot = await this.#inFlight.acquire(this.#closing.signal, lane)
    const clip = this.#deps.repository.get(clipId)
    if (slot === null || clip === null || clip.deleted_at !== null) return
    try {
      await this.#deps.process(clip, slot, this.#cancel.signal)
    } catch (cause) {
      this.#deps.log.error(
        { event_type: 'clip_failed', clip_id: clipId, cause },
        'a clip broke the pipeline; it is tried again at the next start',
      )
    }
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work)
    return work.finally(() => this.#running.delete(work))
  }

  /** One taker per content: a second one waits for the first and then finds its clip. */
  async #claim(sha256: string): Promise<{ readonly clip_id: string } | Disposable> {
    for (let other = this.#claimed.get(sha256); other !== undefined; other = this.#claimed.get(sha256)) await other
    const clip_id = this.#deps.index.clipWithSha(sha256)
    if (clip_id !== undefined) return { clip_id }
    let release: () => void = () => undefined
    this.#claimed.set(sha256, new Promise((resolve) => (release = resolve)))
    return {
      [Symbol.dispose]: () => {
        this.#claimed.delete(sha256)
        release()
      },
    }
  }

  #reportQuarantine(found: { readonly path: string; readonly reason: string }, file: IncomingFile, camera_name: string): void {
    const message = `"${file.original_name}" from ${camera_name} is ${found.reason}. It is kept at ${found.path}.`
    this.#deps.alerts.raise({ code: 'clip_quarantined', severity: 'error', message, camera_name, clip_id: null }, found.path)
  }

  #reportRefusal(error: PluginError, camera_name: string): void {
    if (error.kind === 'cancelled') return
    const code = codeOf(error.cause) === 'ENOSPC' ? 'disk_full' : 'clip_not_taken'
    const message = `A clip of ${camera_name} cannot be taken in: ${error.message}. It is left where it is and tried again.`
    this.#deps.alerts.raise(
      { code, severity: 'error', message, camera_name, clip_id: null },
      code === 'disk_full' ? 'spool' : `${code} ${camera_name} ${error.kind}`,
    )
  }
}
