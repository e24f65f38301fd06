import type { ClipStateData } from '../../contracts/clip-state.ts'
import { Heap } from '../../lib/heap.ts'
import { secondStageOwedTo } from './first-alert-state.ts'
import { alertOwedTo, isThrough, owesFilter } from './pipeline-debt.ts'
import { owesStorage, wasUploaded } from './storage-debt.ts'

/** What has to be known of every clip at any time without reading its journal. */
export interface ClipDigest {
  readonly clip_id: string
  readonly camera_name: string
  readonly createdMs: number
  readonly endMs: number
  readonly bytes: number
  /** The local file is there. */
  readonly local: boolean
  readonly prunable: Prunable
  /** The pipeline is done with it, or its detector failed for a reason that does not pass. */
  readonly isThrough: boolean
  /** Places that have a copy; without any, what the storage's address begins with, such as `local:`. */
  readonly storedIn: readonly string[]
  readonly debts: readonly Debt[]
  readonly waiting: Waiting
  readonly eventSeq: number
}

/** What is followed up: the storage lacks something; a notifier was out of reach, or waits for what becomes of its first alert; the detector was out of reach. */
const DEBTS = ['storage', 'alert', 'second_stage', 'filter'] as const
export type Debt = (typeof DEBTS)[number]

/** Which notifiers the debts that are about one are owed to. */
export type Waiting = Readonly<Record<'alert' | 'second_stage', readonly string[]>>

/** `done`: in the storage and finished. `uploaded`: in the storage, still to be analysed. `no`: only here. */
export type Prunable = 'done' | 'uploaded' | 'no'

export function digestOf(state: ClipStateData): ClipDigest {
  const waiting = waitingFor(state)
  return {
    clip_id: state.clip_id,
    camera_name: state.camera_name,
    createdMs: Date.parse(state.created_at),
    endMs: Date.parse(state.end_ts),
    bytes: state.size_bytes,
    local: state.local_deleted_at === null && state.deleted_at === null,
    prunable: prunable(state),
    isThrough: isThrough(state),
    storedIn: storedIn(state),
    debts: debtsOf(state, waiting),
    waiting,
    eventSeq: state.event_seq,
  }
}

/** Nearly all clips share these. */
const NO_DEBTS: readonly Debt[] = []
const NOBODY_WAITS: Waiting = { alert: [], second_stage: [] }

function waitingFor(state: ClipStateData): Waiting {
  const waiting = { alert: alertOwedTo(state), second_stage: secondStageOwedTo(state) }
  return waiting.alert.length + waiting.second_stage.length === 0 ? NOBODY_WAITS : waiting
}

function debtsOf(state: ClipStateData, { alert, second_stage }: Waiting): readonly Debt[] {
  const owes: Readonly<Record<Debt, boolean>> = {
    storage: owesStorage(state),
    alert: alert.length > 0,
    second_stage: second_stage.length > 0,
    filter: owesFilter(state),
  }
  const debts = DEBTS.filter((debt) => owes[debt])
  return debts.length === 0 ? NO_DEBTS : debts
}

function prunable(state: ClipStateData): Prunable {
  if (!wasUploaded(state)) return 'no'
  return state.status === 'done' ? 'done' : 'uploaded'
}

function storedIn({ storage_uri, copies }: ClipStateData): readonly string[] {
  const places = Object.keys(copies)
  if (places.length > 0 || storage_uri === null) return places
  return [storage_uri.slice(0, storage_uri.indexOf(':') + 1)]
}

/** A digest of every clip, kept current by the events, so that retention and the sweeper never rescan a folder. */
export class ClipIndex {
  readonly #digests = new Map<string, ClipDigest>()
  readonly #bySha = new Map<string, string>()
  readonly #owing: Readonly<Record<Debt, Set<string>>> = {
    storage: new Set(),
    alert: new Set(),
    second_stage: new Set(),
    filter: new Set(),
  }
  /** Ids, oldest first. Entries go stale when a digest changes and are dropped when they come up. */
  readonly #prunable: Record<Exclude<Prunable, 'no'>, Heap<string>>
  readonly #lastStart = new Map<string, string>()
  readonly #onUpdate: (state: ClipStateData) => void
  readonly #lists = new Map<string, readonly string[]>()
  #localBytes = 0

  /** @param onUpdate hears of every state that is news here, those of earlier runs included. */
  constructor(onUpdate: (state: ClipStateData) => void = () => undefined) {
    this.#onUpdate = onUpdate
    // When a clip was created never changes, so its place in the heap holds, whatever becomes of its digest.
    const isOlder = (a: string, b: string) => {
      const [first, second] = [this.#digests.get(a), this.#digests.get(b)]
      return first !== undefined && second !== undefined && older(first, second)
    }
    this.#prunable = { done: new Heap(isOlder), uploaded: new Heap(isOlder) }
  }

  /** Bytes of all clips whose local file is there, prunable or not. */
  get localBytes(): number {
    return this.#localBytes
  }

  get size(): number {
    return this.#digests.size
  }

  get(clipId: string): ClipDigest | undefined {
    return this.#digests.get(clipId)
  }

  digests(): IterableIterator<ClipDigest> {
    return this.#digests.values()
  }

  /** When the newest clip of a camera began; null before the first. */
  lastClipTs(cameraName: string): string | null {
    return this.#lastStart.get(cameraName) ?? null
  }

  /** Clips the storage still lacks something of. */
  get owingCount(): number {
    return this.#owing.storage.size
  }

  update(state: ClipStateData): void {
    const before = this.#digests.get(state.clip_id)
    if (before !== undefined && before.eventSeq > state.event_seq) return
    const digest = this.#sharing(digestOf(state))
    this.#digests.set(digest.clip_id, digest)
    this.#onUpdate(state)
    if (state.start_ts > (this.#lastStart.get(state.camera_name) ?? '')) this.#lastStart.set(state.camera_name, state.start_ts)
    this.#localBytes += localBytes(digest) - localBytes(before)
    if (state.deleted_at === null) this.#bySha.set(shaKey(state.content_sha256), digest.clip_id)
    else if (this.clipWithSha(state.content_sha256) === digest.clip_id) this.#bySha.delete(shaKey(state.content_sha256))
    for (const debt of DEBTS) {
      if (digest.debts.includes(debt)) this.#owing[debt].add(digest.clip_id)
      else this.#owing[debt].delete(digest.clip_id)
    }
    if (digest.prunable !== before?.prunable && digest.local) this.giveBack(digest)
    this.#dropStale('done')
    this.#dropStale('uploaded')
  }

  /** Clips mostly leave in the order they came, so this keeps a queue that is hardly ever emptied from growing for ever. */
  #dropStale(kind: Exclude<Prunable, 'no'>): void {
    const heap = this.#prunable[kind]
    for (let top = heap.peek(); top !== undefined && !this.#isCurrent(top, kind); top = heap.peek()) heap.pop()
  }

  #isCurrent(clipId: string, kind: Prunable): boolean {
    const current = this.#digests.get(clipId)
    return current?.local === true && current.prunable === kind
  }

  /** The clip with these bytes, if one is known. */
  clipWithSha(sha256: string): string | undefined {
    return this.#bySha.get(shaKey(sha256))
  }

  /** Clips that are owed something, newest first. */
  owing(debt: Debt): ClipDigest[] {
    const digests = [...this.#owing[debt]].flatMap((clipId) => this.#digests.get(clipId) ?? [])
    return digests.sort((a, b) => (older(a, b) ? 1 : -1))
  }

  /** Takes the oldest prunable clip out of the queue; `giveBack` returns it if it could not be deleted. */
  takeOldest(kind: Exclude<Prunable, 'no'>): ClipDigest | undefined {
    const heap = this.#prunable[kind]
    for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
      const current = this.#digests.get(top)
      if (current?.local === true && current.prunable === kind) return current
    }
    return undefined
  }

  /** Clips are many and places are few: equal lists of places become one. */
  #sharing(digest: ClipDigest): ClipDigest {
    const key = digest.storedIn.join()
    const storedIn = this.#lists.get(key) ?? digest.storedIn
    this.#lists.set(key, storedIn)
    return { ...digest, storedIn }
  }

  giveBack(digest: ClipDigest): void {
    if (digest.prunable !== 'no') this.#prunable[digest.prunable].push(digest.clip_id)
  }
}

function localBytes(digest: ClipDigest | undefined): number {
  return digest?.local === true ? digest.bytes : 0
}

function older(a: ClipDigest, b: ClipDigest): boolean {
  return a.createdMs !== b.createdMs ? a.createdMs < b.createdMs : a.clip_id < b.clip_id
}

/** Half the digest, as bytes, tells clips apart just as well and keeps the index small; a slice would keep the whole text alive. */
function shaKey(sha256: string): string {
  return Buffer.from(sha256.slice(0, 32), 'hex').toString('latin1')
}
