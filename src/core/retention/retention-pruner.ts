import { rm } from 'node:fs/promises'
import { codeOf, messageOf } from '../../contracts/errors.ts'
import type { Logger } from '../../contracts/logger.ts'
import type { ClipDigest, ClipIndex } from '../clips/clip-index.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import { nextPrune, type DiskUse, type RetentionLimits } from './retention-plan.ts'
import { wasUploaded } from '../clips/storage-debt.ts'
import type { SystemAlerts } from '../alerts/system-alerts.ts'

export interface PrunerDeps {
  readonly index: Pick<ClipIndex, 'localBytes' | 'takeOldest' | 'giveBack'>
  readonly repository: Pick<ClipRepository, 'hold' | 'get' | 'record'>
  readonly limits: RetentionLimits
  /** Free bytes on the disk of the spool; null when it cannot be asked. */
  readonly freeBytes: () => Promise<number | null>
  readonly pathOf: (cameraName: string, clipId: string) => string
  readonly alerts: Pick<SystemAlerts, 'raise'>
  readonly log: Logger
}

export interface PruneReport {
  readonly deleted: number
  readonly freedBytes: number
  /** Clips that should have gone and could not be deleted. */
  readonly failed: number
  /** Still over the cap or below the floor, with nothing left that may go. */
  readonly blocked: boolean
}

/** Deletes side by side: each waits for its journal and its disk. */
const DELETED_AT_ONCE = 8

/**
 * Keeps the local disk within its limits: deletes the oldest clips that the storage took whole, and nothing else. Local files only;
 * decided from the index, so it works without a database. One pass at a time; a request during a pass is dropped, as the pass
 * sees the new clip anyway. Its cost depends on what it deletes, not on how many clips there are.
 */
export class RetentionPruner {
  readonly #deps: PrunerDeps
  readonly #undeletable: ClipDigest[] = []
  #running: Promise<PruneReport> | null = null

  constructor(deps: PrunerDeps) {
    this.#deps = deps
  }

  /** Null when a pass is under way already. Never rejects. */
  async prune(reason: 'start' | 'timer' | 'clip_arrived'): Promise<PruneReport | null> {
    if (this.#running !== null) return null
    this.#running = this.#pass(reason)
    try {
      return await this.#running
    } finally {
      this.#running = null
    }
  }

  /** The pass under way, for a clean shutdown. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #pass(reason: string): Promise<PruneReport> {
    // Tried again by the timer, not by every clip that arrives: a read-only disk must not make arrivals expensive.
    if (reason !== 'clip_arrived') for (const digest of this.#undeletable.splice(0)) this.#deps.index.giveBack(digest)
    const undeletable: ClipDigest[] = []
    let deleted = 0
    let freedBytes = 0
    let use = await this.#measure()
    let blocked = false
    while (nextPrune(use, this.#deps.limits) !== 'none') {
      const chosen = this.#choose(use)
      if (chosen.length === 0) {
        blocked = true
        break
      }
      const outcomes = await Promise.all(chosen.map(async (digest) => ({ digest, isGone: await this.#delete(digest, reason) })))
      undeletable.push(...outcomes.flatMap(({ digest, isGone }) => (isGone ? [] : digest)))
      const gone = outcomes.flatMap(({ digest, isGone }) => (isGone ? digest : []))
      deleted += gone.length
      freedBytes += bytesOf(gone)
      use = { localBytes: this.#deps.index.localBytes, freeBytes: use.freeBytes === null ? null : use.freeBytes + bytesOf(gone) }
    }
    this.#undeletable.push(...undeletable)
    if (deleted > 0)
      this.#deps.log.info(
        { event_type: 'retention_pruned', reason, deleted, freed_bytes: freedBytes },
        'local clips removed; the storage has them, or had them until its own retention',
      )
    if (deleted > 0) use = await this.#measure()
    this.#warnOfFloor(use, blocked || undeletable.length > 0)
    return { deleted, freedBytes, failed: undeletable.length, blocked }
  }

  /** A few of the oldest that all have to go, even if every one of them can be deleted. */
  #choose(use: DiskUse): ClipDigest[] {
    const chosen: ClipDigest[] = []
    let assumed = use
    for (let wanted = nextPrune(assumed, this.#deps.limits); wanted !== 'none'; wanted = nextPrune(assumed, this.#deps.limits)) {
      const oldest = chosen.length < DELETED_AT_ONCE ? this.#take(wanted) : undefined
      if (oldest === undefined) break
      chosen.push(oldest)
      assumed = {
        localBytes: assumed.localBytes - oldest.bytes,
        freeBytes: assumed.freeBytes === null ? null : assumed.freeBytes + oldest.bytes,
      }
    }
    return chosen
  }

  #take(wanted: 'done' | 'done_or_uploaded'): ClipDigest | undefined {
    const done = this.#deps.index.takeOldest('done')
    return done ?? (wanted === 'done_or_uploaded' ? this.#deps.index.takeOldest('uploaded') : undefined)
  }

  async #measure(): Promise<DiskUse> {
    return { localBytes: this.#deps.index.localBytes, freeBytes: await this.#deps.freeBytes() }
  }

  /** False, and logged, when the file could not be deleted; a file that vanished by itself counts as freed. */
  async #delete(digest: ClipDigest, reason: string): Promise<boolean> {
    const held = await this.#deps.repository.hold(digest.clip_id)
    if (!held.ok) {
      this.#deps.log.warn(
        { event_type: 'retention_skipped', clip_id: digest.clip_id, error: held.error.message },
        'a clip without a readable journal is kept',
      )
      return false
    }
    using _held = held.value
    const path = this.#deps.pathOf(digest.camera_name, digest.clip_id)
    const state = this.#deps.repository.get(digest.clip_id)
    if (state === null || !wasUploaded(state)) return false
    try {
      await rm(path)
    } catch (cause) {
      if (codeOf(cause) !== 'ENOENT') {
        this.#deps.log.warn(
          { event_type: 'retention_failed', clip_id: digest.clip_id, error: codeOf(cause) || messageOf(cause) },
          'a clip could not be removed',
        )
        return false
      }
    }
    this.#deps.repository.record(digest.clip_id, { event_type: 'clip_pruned', reason })
    return true
  }

  #warnOfFloor(use: DiskUse, stuck: boolean): void {
    const { minFreeBytes, maxLocalBytes } = this.#deps.limits
    if (use.freeBytes !== null && use.freeBytes < minFreeBytes) {
      const message = `The disk of the spool has ${megabytes(use.freeBytes)} free, less than retention.min_free_bytes (${megabytes(minFreeBytes)}). Free some space: recording stops when it is full.`
      this.#deps.alerts.raise({ code: 'disk_floor', severity: 'error', message, camera_name: null, clip_id: null })
    } else if (stuck && use.localBytes > maxLocalBytes) {
      const fields = { event_type: 'retention_blocked', local_bytes: use.localBytes, max_local_size_bytes: maxLocalBytes }
      this.#deps.log.warn(fields, 'over the cap, but no more clips may go: they are not stored and finished yet')
    }
  }
}

function bytesOf(digests: readonly ClipDigest[]): number {
  return digests.reduce((sum, { bytes }) => sum + bytes, 0)
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}
