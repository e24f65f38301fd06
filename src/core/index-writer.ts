import type { ClipEvent } from '../contracts/clip-events.ts'
import type { ClipStateData, Journal } from '../contracts/clip-state.ts'
import type { Clock } from '../contracts/clock.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import type { EventStore, StateStore } from '../contracts/repository.ts'
import { ok, type Result } from '../contracts/result.ts'
import { within } from '../lib/within.ts'
import type { ClipDigest } from './clip-index.ts'
import type { ClipRepository } from './clip-repository.ts'

export interface IndexWriterDeps {
  readonly repository: Pick<ClipRepository, 'read'>
  readonly states: Pick<StateStore, 'upsert' | 'versions'>
  readonly events: Pick<EventStore, 'append'>
  readonly clock: Clock
  readonly log: Logger
}

const MOST_PER_BATCH = 200
/** Lets the events of a busy moment share a batch. */
const GATHER_MS = 50
const RETRY_MS = 2_000

/**
 * Writes clips behind the pipeline into the database. Only the ids of clips that are behind are kept, so an outage of a week
 * costs a set of names; what is written is read from memory or the journal file when the database is there.
 */
export class IndexWriter implements AsyncDisposable {
  readonly #deps: IndexWriterDeps
  readonly #behind = new Set<string>()
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #wake: () => void = () => undefined
  #failing = false

  constructor(deps: IndexWriterDeps) {
    this.#deps = deps
    this.#running = this.#loop()
  }

  /** Clips whose rows are behind their journals. */
  get behind(): number {
    return this.#behind.size
  }

  /** Never blocks; call it for every event. */
  note(clipId: string): void {
    this.#behind.add(clipId)
    this.#wake()
  }

  /** The database is there: writes now instead of at the next try. */
  poke(): void {
    this.#failing = false
    this.#wake()
  }

  /** Compares the rows with the journals and notes every clip that is missing or older there. */
  async reconcile(digests: Iterable<ClipDigest>, signal: AbortSignal): Promise<Result<number, PluginError>> {
    const versions = await this.#deps.states.versions(signal)
    if (!versions.ok) return versions
    let found = 0
    for (const { clip_id, eventSeq } of digests) {
      if ((versions.value.get(clip_id) ?? 0) >= eventSeq) continue
      this.note(clip_id)
      found += 1
    }
    if (found > 0)
      this.#deps.log.info({ event_type: 'database_reconciled', clips: found }, 'bringing the database up to date from the journals')
    return ok(found)
  }

  /** Resolves true once nothing is behind; false after `ms` or while the database is down. */
  async flush(ms: number, signal: AbortSignal): Promise<boolean> {
    return within(this.#flushed(signal), ms, signal).then((settled) => settled && this.#behind.size === 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#running
  }

  async #flushed(signal: AbortSignal): Promise<void> {
    while (this.#behind.size > 0 && !this.#failing && !signal.aborted) await this.#deps.clock.sleep(10, signal)
  }

  async #loop(): Promise<void> {
    for (;;) {
      if (this.#behind.size === 0) await this.#woken()
      await this.#deps.clock.sleep(GATHER_MS, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      const written = await this.#writeBatch()
      if (written) continue
      this.#failing = true
      await this.#wokenOrAfter(RETRY_MS)
    }
  }

  async #writeBatch(): Promise<boolean> {
    const clipIds = [...this.#behind].slice(0, MOST_PER_BATCH)
    // Taken out first: an event that comes while we write puts the clip back in.
    for (const clipId of clipIds) this.#behind.delete(clipId)
    const { states, events } = split(await this.#load(clipIds))
    const written = await this.#store(states, events)
    if (written.ok) return true
    for (const clipId of clipIds) this.#behind.add(clipId)
    if (!this.#failing) {
      const fields = {
        event_type: 'database_write_failed',
        kind: written.error.kind,
        error: written.error.message,
        behind: this.#behind.size,
      }
      this.#deps.log.error(fields, 'the database is behind; the journals have everything')
    }
    return false
  }

  async #load(clipIds: readonly string[]): Promise<Journal[]> {
    const loaded = await Promise.all(clipIds.map((clipId) => this.#deps.repository.read(clipId)))
    return loaded.flatMap((journal) => (journal.ok && journal.value !== null ? [journal.value] : []))
  }

  async #store(states: readonly ClipStateData[], events: readonly ClipEvent[]): Promise<Result<void, PluginError>> {
    const upserted = await this.#deps.states.upsert(states, this.#stop.signal)
    return upserted.ok ? this.#deps.events.append(events, this.#stop.signal) : upserted
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      if (this.#behind.size > 0 || this.#stop.signal.aborted) resolve()
    })
  }

  async #wokenOrAfter(ms: number): Promise<void> {
    const poked = new AbortController()
    // Only a poke counts here: new clips must not make us hammer a database that is down.
    const before = this.#wake
    this.#wake = () => {
      if (!this.#failing || this.#stop.signal.aborted) poked.abort()
    }
    await this.#deps.clock.sleep(ms, poked.signal)
    this.#wake = before
  }
}

function split(journals: readonly Journal[]): { readonly states: readonly ClipStateData[]; readonly events: readonly ClipEvent[] } {
  const states = journals.map(({ events: _events, ...state }) => state)
  return { states, events: journals.flatMap((journal) => journal.events) }
}
