import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { Clock } from '../../contracts/clock.ts'
import { isRetryable, type PluginError } from '../../contracts/errors.ts'
import type { Logger } from '../../contracts/logger.ts'
import { err, ok, type Result } from '../../contracts/result.ts'

import { inBatches } from '../../lib/in-batches.ts'
import { retryDelayMs } from '../../lib/retry.ts'
import { callPlugin } from '../stages/call-plugin.ts'
import type { ClipDigest, ClipIndex } from '../clips/clip-index.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import { isThrough } from '../clips/pipeline-debt.ts'
import { departures, type Departure } from './remote-retention-plan.ts'
import type { StorageKeeper } from './storage-keepers.ts'
import { owesStorage, wasUploaded } from '../clips/storage-debt.ts'

export interface RemotePrunerDeps {
  readonly index: Pick<ClipIndex, 'digests'>
  readonly repository: Pick<ClipRepository, 'hold' | 'get' | 'record'>
  readonly keepers: readonly StorageKeeper[]
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>
  readonly log: Logger
}

const DELETE_TIMEOUT_MS = 30_000
const DELETED_AT_ONCE = 4
/** So many in a row that a later try may help: the place is down, and the other clips need not find out one by one. */
const DOWN_AFTER = 3
const RETRY_FROM_MS = 5 * 60_000
const RETRY_AT_MOST_MS = 6 * 3_600_000

interface Candidate {
  readonly clip_id: string
  readonly endMs: number
  readonly bytes: number
  readonly mayGo: boolean
}

/**
 * Deletes from the storage what its owner wants kept no longer: the oldest clips that are done, with their picture and analysis.
 * Decided from the index, so it works without a database. One pass at a time. A deletion that failed keeps no other from going, and
 * is tried again after a growing pause; newer clips do not go in its stead.
 */
export class RemotePruner {
  readonly #deps: RemotePrunerDeps
  readonly #failed = new Map<string, { readonly tries: number; readonly notBeforeMs: number }>()
  /** How many stayed in each place at the last pass though they should have gone, to say so once. */
  readonly #stuck = new Map<string, number>()
  #running: Promise<number> | null = null

  constructor(deps: RemotePrunerDeps) {
    this.#deps = deps
  }

  /** How many copies were deleted; null when a pass is under way already. Never rejects. */
  async prune(signal: AbortSignal): Promise<number | null> {
    if (this.#running !== null) return null
    // Side by side: a place that is slow or down holds up no other.
    const passes = this.#deps.keepers.map((keeper) => this.#pass(keeper, signal))
    this.#running = Promise.all(passes).then((counts) => counts.reduce((sum, count) => sum + count, 0))
    try {
      return await this.#running
    } finally {
      this.#running = null
    }
  }

  async #pass(keeper: StorageKeeper, signal: AbortSignal): Promise<number> {
    const { clock, index, log } = this.#deps
    const planned = departures(kept(index.digests(), keeper), keeper.retention, clock.now().getTime())
    this.#forgetAllBut(planned, keeper)
    this.#sayWhatStays(planned, keeper)
    const due = planned.filter(({ clip }) => clip.mayGo && (this.#failed.get(keyOf(keeper, clip))?.notBeforeMs ?? 0) <= clock.monotonicMs())
    let [deleted, failedInARow] = [0, 0]
    await inBatches(due, DELETED_AT_ONCE, signal, async (departure) => {
      if (failedInARow >= DOWN_AFTER) return
      const gone = await this.#remove(departure, keeper, signal)
      if (gone.ok) {
        failedInARow = 0
        deleted += gone.value ? 1 : 0
        return
      }
      failedInARow = isRetryable(gone.error.kind) ? failedInARow + 1 : 0
      if (gone.error.kind !== 'cancelled') this.#postpone(departure, keeper, gone.error)
    })
    if (deleted > 0) log.info({ event_type: 'storage_pruned', place: keeper.place, deleted }, 'old clips were deleted in the storage')
    return deleted
  }

  /** False: it is not to go any more. */
  async #remove({ clip, reason }: Departure<Candidate>, keeper: StorageKeeper, signal: AbortSignal): Promise<Result<boolean, PluginError>> {
    const { repository } = this.#deps
    const held = await repository.hold(clip.clip_id)
    if (!held.ok) return held
    using _held = held.value
    const state = repository.get(clip.clip_id)
    if (state === null || !mayLeave(state) || !keeper.holds(state)) return ok(false)
    for (const removal of keeper.removalsOf(state)) {
      const deleted = await callPlugin({ plugin: 'storage', timeoutMs: DELETE_TIMEOUT_MS, signal }, removal)
      if (!deleted.ok) return err(deleted.error)
    }
    repository.record(clip.clip_id, { event_type: 'storage_pruned', place: keeper.recordedAs(state), reason })
    return ok(true)
  }

  #postpone({ clip }: Departure<Candidate>, keeper: StorageKeeper, { kind, message }: PluginError): void {
    const key = keyOf(keeper, clip)
    const tries = (this.#failed.get(key)?.tries ?? 0) + 1
    const delayMs = retryDelayMs(tries + 1, RETRY_FROM_MS, 0.5, { capMs: RETRY_AT_MOST_MS })
    this.#failed.set(key, { tries, notBeforeMs: this.#deps.clock.monotonicMs() + delayMs })
    const fields = { event_type: 'storage_prune_failed', clip_id: clip.clip_id, place: keeper.place, kind, error: message, tries }
    this.#deps.log.warn(fields, 'a clip could not be deleted in the storage; it is tried again later')
  }

  #sayWhatStays(planned: readonly Departure<Candidate>[], keeper: StorageKeeper): void {
    const clips = planned.filter(({ clip }) => !clip.mayGo).length
    const before = this.#stuck.get(keyPrefix(keeper)) ?? 0
    this.#stuck.set(keyPrefix(keeper), clips)
    if (clips === before || clips === 0) return
    const fields = { event_type: 'storage_prune_blocked', place: keeper.place, clips }
    this.#deps.log.warn(fields, 'a storage is over its limits; the oldest clips there stay until they are analysed and stored everywhere')
  }

  #forgetAllBut(planned: readonly Departure<Candidate>[], keeper: StorageKeeper): void {
    const wanted = new Set(planned.map(({ clip }) => keyOf(keeper, clip)))
    for (const key of this.#failed.keys()) if (key.startsWith(keyPrefix(keeper)) && !wanted.has(key)) this.#failed.delete(key)
  }
}

function kept(digests: Iterable<ClipDigest>, keeper: StorageKeeper): Candidate[] {
  const here: Candidate[] = []
  for (const { clip_id, endMs, bytes, storedIn, prunable, isThrough, debts } of digests) {
    if (!storedIn.some((stored) => keeper.has.includes(stored))) continue
    here.push({ clip_id, endMs, bytes, mayGo: isThrough && prunable !== 'no' && !debts.includes('storage') })
  }
  return here
}

/** Asked again with the clip at hand: something may have begun since. */
function mayLeave(state: ClipStateData): boolean {
  return state.deleted_at === null && isThrough(state) && wasUploaded(state) && !owesStorage(state)
}

function keyPrefix({ place }: StorageKeeper): string {
  return `${place ?? ''}/`
}

function keyOf(keeper: StorageKeeper, { clip_id }: Pick<Candidate, 'clip_id'>): string {
  return `${keyPrefix(keeper)}${clip_id}`
}
