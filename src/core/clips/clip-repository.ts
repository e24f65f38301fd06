import { setMaxListeners } from 'node:events'
import type { ClipEvent, ClipFact } from '../../contracts/clip-events.ts'
import type { ClipStateData, Journal } from '../../contracts/clip-state.ts'
import type { Clock } from '../../contracts/clock.ts'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import type { JournalStore } from '../../contracts/journal.ts'
import type { Logger } from '../../contracts/logger.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { applyEvent } from './clip-state.ts'
import { kept, thinned } from './event-history.ts'

interface Entry {
  state: ClipStateData
  events: readonly ClipEvent[]
  /** Newer than the journal file. */
  dirty: boolean
  writing: Promise<void> | null
  holds: number
  /** Woken by the next write that caught up or failed. */
  readonly waiting: (() => void)[]
}

export interface RepositoryListener {
  /** After every recorded event; synchronous and cheap. */
  (event: ClipEvent, state: ClipStateData): void
}

export interface RepositoryDeps {
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly log: Logger
  readonly journal: Pick<JournalStore, 'read' | 'write'>
  /** Hears of a journal that could not be written (the disk is full), once per failure; writing is tried again. */
  readonly onJournalError: (error: PluginError, state: ClipStateData) => void
}

const JOURNAL_RETRY_MS = 5_000

/**
 * The only door to clip persistence. `record` is synchronous and cannot fail, so no stage ever waits for a disk or a database.
 *
 * Behind it, the newest state of each clip goes to its journal file: one write at a time per clip, intermediate states are
 * left out on purpose. A clip stays in memory while someone holds it or its journal is behind.
 */
export class ClipRepository implements AsyncDisposable {
  readonly #entries = new Map<string, Entry>()
  readonly #loading = new Map<string, Promise<Result<void, PluginError>>>()
  readonly #listeners = new Set<RepositoryListener>()
  readonly #stop = new AbortController()
  readonly #deps: RepositoryDeps

  constructor(deps: RepositoryDeps) {
    this.#deps = deps
    setMaxListeners(0, this.#stop.signal) // on a full disk every clip in memory waits for its next try
  }

  subscribe(listener: RepositoryListener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }

  record(clipId: string, fact: ClipFact): void {
    const entry = this.#entries.get(clipId)
    const event: ClipEvent = { ...fact, clip_id: clipId, seq: (entry?.state.event_seq ?? 0) + 1, ts: this.#deps.clock.now().toISOString() }
    const state = applyEvent(entry?.state ?? null, event)
    if (state === null) {
      this.#deps.log.error(
        { event_type: 'event_without_clip', clip_id: clipId, fact: fact.event_type },
        'event for a clip that is not loaded',
      )
      return
    }
    const next = entry ?? { state, events: [], dirty: false, writing: null, holds: 0, waiting: [] }
    next.state = state
    next.events = thinned(kept([...next.events, event], state))
    next.dirty = true
    this.#entries.set(clipId, next)
    next.writing ??= this.#write(clipId, next)
    for (const listener of this.#listeners) this.#tell(listener, event, state)
  }

  /** The state in memory, for a clip that is held or still being written. */
  get(clipId: string): ClipStateData | null {
    return this.#entries.get(clipId)?.state ?? null
  }

  /** State and events, from memory or else from the journal file. Null for an unknown clip. */
  async read(clipId: string): Promise<Result<Journal | null, PluginError>> {
    const entry = this.#entries.get(clipId)
    return entry === undefined ? this.#deps.journal.read(clipId) : ok({ ...entry.state, events: [...entry.events] })
  }

  /** Brings a clip into memory and keeps it there until disposed, so that events can be recorded on it. */
  async hold(clipId: string): Promise<Result<Disposable, PluginError>> {
    while (!this.#entries.has(clipId)) {
      const loading = this.#loading.get(clipId) ?? this.#load(clipId)
      this.#loading.set(clipId, loading)
      const loaded = await loading
      if (!loaded.ok) return loaded
    }
    return ok(this.holdLoaded(clipId))
  }

  /** Keeps a clip that was just recorded in memory. */
  holdLoaded(clipId: string): Disposable {
    const entry = this.#entries.get(clipId)
    if (entry !== undefined) entry.holds += 1
    let released = false
    return {
      [Symbol.dispose]: () => {
        if (entry === undefined || released) return
        released = true
        entry.holds -= 1
        this.#evict(clipId, entry)
      },
    }
  }

  /** Resolves when the clip's journal file has caught up with what was recorded before the call, or its first try failed. */
  async settled(clipId: string): Promise<void> {
    const entry = this.#entries.get(clipId)
    if (entry?.writing == null) return
    await new Promise<void>((resolve) => entry.waiting.push(resolve))
  }

  /** Waits for all journals under way; those on a full disk get one last try. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    const writing = () => [...this.#entries.values()].flatMap((entry) => entry.writing ?? [])
    for (let left = writing(); left.length > 0; left = writing()) await Promise.all(left)
  }

  /** One at a time per clip: a second reader with an older copy would undo what was recorded meanwhile. */
  async #load(clipId: string): Promise<Result<void, PluginError>> {
    const journal = await this.#deps.journal.read(clipId)
    this.#loading.delete(clipId)
    if (!journal.ok) return journal
    if (journal.value === null) return err(pluginError('invalid', `no clip ${clipId}`))
    // It may have been recorded meanwhile; that is newer.
    if (!this.#entries.has(clipId)) {
      const { events, ...state } = journal.value
      this.#entries.set(clipId, { state, events, dirty: false, writing: null, holds: 0, waiting: [] })
    }
    return ok()
  }

  async #write(clipId: string, entry: Entry): Promise<void> {
    await Promise.resolve() // lets the events of one tick share a write
    while (entry.dirty) {
      entry.dirty = false
      const state = entry.state
      const written = await this.#deps.journal.write({ ...state, events: [...entry.events] })
      if (!written.ok) entry.dirty = true
      if (!written.ok || !this.#isBehind(entry)) for (const wake of entry.waiting.splice(0)) wake()
      if (written.ok) continue
      this.#deps.onJournalError(written.error, state)
      if (this.#stop.signal.aborted) break
      await this.#deps.clock.sleep(JOURNAL_RETRY_MS, this.#stop.signal)
    }
    entry.writing = null
    this.#evict(clipId, entry)
  }

  /** Read anew: more may have been recorded while the disk was busy. */
  #isBehind(entry: Entry): boolean {
    return entry.dirty
  }

  #evict(clipId: string, entry: Entry): void {
    if (entry.holds === 0 && entry.writing === null && !entry.dirty) this.#entries.delete(clipId)
  }

  #tell(listener: RepositoryListener, event: ClipEvent, state: ClipStateData): void {
    try {
      listener(event, state)
    } catch (cause) {
      this.#deps.log.error({ event_type: 'listener_threw', cause }, 'a listener of clip events threw')
    }
  }
}
