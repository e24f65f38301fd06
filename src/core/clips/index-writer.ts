import type { ClipEvent } from '../../contracts/clip-events.ts'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { Clock } from '../../contracts/clock.ts'
import { messageOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import type { Logger } from '../../contracts/logger.ts'
import type { EventStore, StateStore } from '../../contracts/repository.ts'
import { attempt, ok, type Result } from '../../contracts/result.ts'
import { within } from '../../lib/within.ts'
import type { ClipDigest } from './clip-index.ts'
import type { ClipRepository } from './clip-repository.ts'
import { kept } from './event-history.ts'

export interface IndexWriterDeps {
  readonly repository: Pick<ClipRepository, 'read'>
  readonly states: Pick<StateStore, 'upsert' | 'versions'>
  readonly events: Pick<EventStore, 'append' | 'forget'>
  readonly clock: Clock
  readonly log: Logger
}

const MOST_PER_BATCH = 200
/** Lets the events of a busy moment share a batch. */
const GATHER_MS = 50
const RETRY_MS = 2_000
/** Clips whose news are kept in memory; of the others only the names, so an outage of a week costs a set of names. */
const MOST_NEWS = 1_000
/** Clips of which we remember what the database has. */
const MOST_WRITTEN = 2_000

/** What happened to a clip since its last write. */
interface News {
  readonly state: ClipStateData
  readonly events: readonly ClipEvent[]
}

/**
 * Writes clips behind the pipeline into the database: what is new about them, or, where that is not known without gaps, all that
 * their journals hold.
 */
export class IndexWriter implements AsyncDisposable {
  readonly #deps: IndexWriterDeps
  /** Null: read the journal. */
  readonly #behind = new Map<string, News | null>()
  /** `event_seq` of clips written lately. */
  readonly #written = new Map<string, number>()
  readonly #stop = new AbortController()
  readonly #running: Promise<void>
  #wake: () => void = () => undefined
  /** Until the database is there for the first time nobody needs to hear that it is not: its connection says so. */
  #failing = true
  /** Clips that are being written at this moment. */
  #underWay = 0

  constructor(deps: IndexWriterDeps) {
    this.#deps = deps
    this.#running = this.#loop()
  }

  /** Clips whose rows are behind their journals. */
  get behind(): number {
    return this.#behind.size + this.#underWay
  }

  /** Never blocks; call it for every event. */
  note(event: ClipEvent, state: ClipStateData): void {
    this.#behind.set(state.clip_id, this.#newsWith(event, state))
    this.#wake()
  }

  /** The database is there, perhaps an empty one: writes now instead of at the next try. */
  poke(): void {
    this.#failing = false
    this.#written.clear()
    for (const clipId of this.#behind.keys()) this.#behind.set(clipId, null)
    this.#wake()
  }

  /** Compares the rows with the journals and notes every clip that is missing or older there. */
  async reconcile(digests: Iterable<ClipDigest>, signal: AbortSignal): Promise<Result<number, PluginError>> {
    const versions = await this.#deps.states.versions(signal)
    if (!versions.ok) return versions
    let found = 0
    for (const { clip_id, eventSeq } of digests) {
      if ((versions.value.get(clip_id) ?? 0) >= eventSeq) continue
      this.#behind.set(clip_id, null)
      found += 1
    }
    this.#wake()
    if (found > 0)
      this.#deps.log.info({ event_type: 'database_reconciled', clips: found }, 'bringing the database up to date from the journals')
    return ok(found)
  }

  /** Resolves true once nothing is behind; false after `ms` or while the database is down. */
  async flush(ms: number, signal: AbortSignal): Promise<boolean> {
    return within(this.#flushed(signal), ms, signal).then((settled) => settled && this.behind === 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#wake()
    await this.#running
  }

  async #flushed(signal: AbortSignal): Promise<void> {
    while (this.behind > 0 && !this.#failing && !signal.aborted) await this.#deps.clock.sleep(10, signal)
  }

  async #loop(): Promise<void> {
    for (;;) {
      if (this.#behind.size === 0) await this.#woken()
      await this.#deps.clock.sleep(GATHER_MS, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      const written = await this.#writeBatch()
      if (written) {
        this.#failing = false
        continue
      }
      this.#failing = true
      await this.#wokenOrAfter(RETRY_MS)
    }
  }

  async #writeBatch(): Promise<boolean> {
    const batch = firstOf(this.#behind, MOST_PER_BATCH)
    if (batch.length === 0) return true // only woken to look
    // Taken out first: an event that comes while we write puts the clip back in.
    for (const [clipId] of batch) this.#behind.delete(clipId)
    this.#remember(batch.flatMap(([, known]) => known ?? []))
    this.#underWay = batch.length
    const news = await this.#load(batch)
    const written = await this.#storeAllOrMost(news)
    this.#underWay = 0
    if (written.ok) return true
    this.#forget(batch)
    if (!this.#failing && written.error.kind !== 'cancelled') {
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

  /** One clip that the database can never take must not keep the others out: then each is written by itself. */
  async #storeAllOrMost(news: readonly News[]): Promise<Result<void, PluginError>> {
    const together = await this.#store(news)
    if (together.ok || !isTheClipsFault(together.error)) return together
    for (const one of news) {
      const alone = news.length === 1 ? together : await this.#store([one])
      if (alone.ok) continue
      if (!isTheClipsFault(alone.error)) return alone
      const fields = { event_type: 'database_refuses_clip', clip_id: one.state.clip_id, error: alone.error.message }
      this.#deps.log.error(fields, 'the database does not take this clip; its journal has everything')
    }
    return ok()
  }

  #newsWith(event: ClipEvent, state: ClipStateData): News | null {
    const waiting = this.#behind.get(state.clip_id)
    if (waiting === null) return null
    if (waiting !== undefined) return { state, events: [...waiting.events, event] }
    const isGapless = event.seq === 1 || this.#written.get(state.clip_id) === event.seq - 1
    return isGapless && this.#behind.size < MOST_NEWS ? { state, events: [event] } : null
  }

  /** From here on an event that follows is the next one, unless the write fails. */
  #remember(news: readonly News[]): void {
    for (const { state } of news) {
      this.#written.delete(state.clip_id) // moves it to the end: the oldest are forgotten first
      this.#written.set(state.clip_id, state.event_seq)
    }
    for (const [clipId] of firstOf(this.#written, this.#written.size - MOST_WRITTEN)) this.#written.delete(clipId)
  }

  #forget(batch: readonly (readonly [string, News | null])[]): void {
    for (const [clipId] of batch) {
      this.#written.delete(clipId)
      this.#behind.set(clipId, null)
    }
  }

  async #load(batch: readonly (readonly [string, News | null])[]): Promise<News[]> {
    const loaded = await Promise.all(batch.map(async ([clipId, news]) => news ?? this.#fromJournal(clipId)))
    return loaded.flatMap((news) => news ?? [])
  }

  async #fromJournal(clipId: string): Promise<News | null> {
    const read = await this.#deps.repository.read(clipId)
    if (!read.ok || read.value === null) return null
    const { events, ...state } = read.value
    return { state, events }
  }

  async #store(news: readonly News[]): Promise<Result<void, PluginError>> {
    const states = news.map(({ state }) => state)
    const events = news.flatMap((one) => kept(one.events, one.state))
    const deleted = states.flatMap(({ clip_id, deleted_at }) => (deleted_at === null ? [] : clip_id))
    const { signal } = this.#stop
    const written = await attempt(
      async () => {
        const upserted = await this.#deps.states.upsert(states, signal)
        if (!upserted.ok) return upserted
        const forgotten = deleted.length === 0 ? upserted : await this.#deps.events.forget(deleted, signal)
        return forgotten.ok ? await this.#deps.events.append(events, signal) : forgotten
      },
      (cause) => pluginError('unavailable', messageOf(cause), cause), // a loop that dies here would leave the database behind for good
    )
    return written.ok ? written.value : written
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

function isTheClipsFault({ kind }: PluginError): boolean {
  return kind === 'invalid' || kind === 'bug'
}

function firstOf<K, V>(map: ReadonlyMap<K, V>, most: number): [K, V][] {
  const first: [K, V][] = []
  for (const entry of map) {
    if (first.length >= most) break
    first.push(entry)
  }
  return first
}
