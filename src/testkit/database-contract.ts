import { beforeAll, afterAll, expect, test } from 'vitest'
import type { ClipEvent } from '../contracts/clip-events.ts'
import type { ClipStateData } from '../contracts/clip-state.ts'
import type { ClipCursor, ClipFilter, ClipPage, ClipQueries, EventStore, LogStore, StateStore } from '../contracts/repository.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { Result } from '../contracts/result.ts'
import { aFilterResult, anAnalysis, NOTHING_DETECTED } from './builders.ts'
import { aClipState } from './clip-states.ts'

export interface DatabaseUnderTest extends AsyncDisposable {
  readonly states: StateStore
  readonly events: EventStore
  readonly logs: LogStore
  readonly queries: ClipQueries
}

const signal = new AbortController().signal

/** What every database must do, whoever runs it. `open` returns one that is empty and ready. */
export function describeDatabase(open: () => Promise<DatabaseUnderTest>): void {
  let database: DatabaseUnderTest
  beforeAll(async () => {
    database = await open()
  })
  afterAll(async () => {
    await database[Symbol.asyncDispose]()
  })
  stateTests(() => database.states)
  eventTests(() => database.events)
  logTests(() => database.logs)
  listTests(() => database)
  statsTests(() => database)
}

export function valueOf<T>(result: Result<T, PluginError>): T {
  if (!result.ok) throw new Error(result.error.message, { cause: result.error.cause })
  return result.value
}

let camera = 0
/** Rows of one test have a camera of their own, so that tests do not see each other's. */
const aCamera = () => `cam_${(camera += 1)}`
const idOf = (name: string, n: number) => `${name}_${1767225600 + n}.mp4`

/** The n-th clip of a camera, n seconds into the year. */
function clipOf(camera_name: string, n: number, changes: Partial<ClipStateData> = {}): ClipStateData {
  const start_ts = new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString()
  return aClipState({ clip_id: idOf(camera_name, n), camera_name, start_ts, ...changes })
}

function stateTests(states: () => StateStore): void {
  test('a state is read as it was written', async () => {
    const state = clipOf(aCamera(), 1, { motion_scores: [0, 7.5], filter_result: aFilterResult(), analysis_result: anAnalysis() })
    valueOf(await states().upsert([state], signal))
    expect(valueOf(await states().get(state.clip_id, signal))).toEqual(state)
  })

  test('a newer state replaces an older one, an older one never a newer one', async () => {
    const name = aCamera()
    const newer = clipOf(name, 1, { status: 'done', event_seq: 9 })
    valueOf(await states().upsert([clipOf(name, 1)], signal))
    valueOf(await states().upsert([newer], signal))
    valueOf(await states().upsert([clipOf(name, 1, { status: 'uploaded', event_seq: 4 })], signal))
    expect(valueOf(await states().get(newer.clip_id, signal))).toEqual(newer)
  })

  test('a batch may hold the same clip twice: the newest state wins', async () => {
    const name = aCamera()
    valueOf(await states().upsert([clipOf(name, 1, { event_seq: 5, status: 'done' }), clipOf(name, 1, { event_seq: 2 })], signal))
    expect(valueOf(await states().get(idOf(name, 1), signal))?.status).toBe('done')
  })

  test('an unknown clip is null', async () => {
    expect(valueOf(await states().get('nobody_1.mp4', signal))).toBeNull()
  })

  test('versions holds the event number of every row, also beyond a thousand', async () => {
    const name = aCamera()
    const many = Array.from({ length: 1500 }, (_, n) => clipOf(name, n, { event_seq: n + 1 }))
    valueOf(await states().upsert(many, signal))
    const versions = valueOf(await states().versions(signal))
    expect(many.every((state) => versions.get(state.clip_id) === state.event_seq)).toBe(true)
  })

  test('text that JSON allows and Postgres does not is stored without the offending characters', async () => {
    const state = clipOf(aCamera(), 1, { analysis_result: anAnalysis({ summary: 'a\0b\ud800c \\u0000' }) })
    valueOf(await states().upsert([state], signal))
    expect(valueOf(await states().get(state.clip_id, signal))?.analysis_result?.summary).toBe('ab\ufffdc \\u0000')
  })

  test('a row that Postgres refuses is reported and keeps no other row out', async () => {
    const name = aCamera()
    const rows = [clipOf(name, 1), clipOf(name, 2, { created_at: 'yesterday-ish' }), clipOf(name, 3)]
    const written = await states().upsert(rows, signal)
    expect(written.ok ? 'ok' : written.error.kind).toBe('invalid')
    expect(valueOf(await states().get(idOf(name, 1), signal))).not.toBeNull()
    expect(valueOf(await states().get(idOf(name, 2), signal))).toBeNull()
    expect(valueOf(await states().get(idOf(name, 3), signal))).not.toBeNull()
  })

  test('an aborted signal is `cancelled`', async () => {
    const result = await states().get('nobody_1.mp4', AbortSignal.abort())
    expect(result.ok ? 'ok' : result.error.kind).toBe('cancelled')
  })
}

const eventOf = (clip_id: string, seq: number): ClipEvent => ({
  event_type: 'clip_deleted',
  clip_id,
  seq,
  ts: '2026-01-01T00:00:00.000Z',
  deleted_local: true,
  deleted_storage: false,
  reason: `n${seq}`,
})

function eventTests(events: () => EventStore): void {
  test('events are read in order, with all their fields, from where one wants', async () => {
    const clip = idOf(aCamera(), 1)
    valueOf(await events().append([eventOf(clip, 2), eventOf(clip, 1), eventOf(clip, 3)], signal))
    expect(valueOf(await events().list(clip, 0, 10, signal))).toEqual([1, 2, 3].map((seq) => eventOf(clip, seq)))
    expect(valueOf(await events().list(clip, 2, 10, signal)).map((event) => event.seq)).toEqual([3])
    expect(valueOf(await events().list(clip, 0, 2, signal)).map((event) => event.seq)).toEqual([1, 2])
    expect(valueOf(await events().list('nobody_1.mp4', 0, 10, signal))).toEqual([])
  })

  test('of a clip that is forgotten only its deletion stays, and no other clip suffers', async () => {
    const [gone, other] = [idOf(aCamera(), 1), idOf(aCamera(), 2)]
    const finished = (clip_id: string): ClipEvent => ({ event_type: 'clip_finished', clip_id, seq: 1, ts: '2026-01-01T00:00:00.000Z' })
    valueOf(await events().append([finished(gone), eventOf(gone, 2), finished(other)], signal))
    valueOf(await events().forget([gone], signal))
    valueOf(await events().forget([gone], signal))
    expect(valueOf(await events().list(gone, 0, 10, signal)).map(({ seq }) => seq)).toEqual([2])
    expect(valueOf(await events().list(other, 0, 10, signal))).toHaveLength(1)
  })

  test('an event that is already there is left alone', async () => {
    const clip = idOf(aCamera(), 1)
    valueOf(await events().append([eventOf(clip, 1)], signal))
    valueOf(await events().append([{ ...eventOf(clip, 1), ts: '2026-02-01T00:00:00.000Z' }, eventOf(clip, 2)], signal))
    const listed = valueOf(await events().list(clip, 0, 10, signal))
    expect(listed.map((event) => event.ts)).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'])
  })
}

function logTests(logs: () => LogStore): void {
  test('log lines go by age, then the oldest beyond the number', async () => {
    const ages = [10, 5, 3, 2, 1] // in hours, before the clock's now
    const now = Date.now()
    const rows = ages.map((hours) => ({
      ts: new Date(now - hours * 3_600_000).toISOString(),
      level: 'info' as const,
      message: `${hours} h ago`,
      clip_id: null,
      camera_name: null,
      fields: { hours },
    }))
    valueOf(await logs().append(rows, signal))
    expect(valueOf(await logs().prune({ maxAgeMs: 4 * 3_600_000, maxRows: 100 }, signal))).toBe(2)
    expect(valueOf(await logs().prune({ maxAgeMs: 4 * 3_600_000, maxRows: 1 }, signal))).toBe(2)
    expect(valueOf(await logs().prune({ maxAgeMs: 4 * 3_600_000, maxRows: 1 }, signal))).toBe(0)
  })
}

function listTests(database: () => DatabaseUnderTest): void {
  const listed = async (filter: ClipFilter) =>
    valueOf(await database().queries.list(filter, { cursor: null, limit: 100 }, signal)).clips.map((clip) => clip.clip_id)
  const decision = (notify: boolean) => ({ notify, notify_reason: 'because' })

  test('filters join: only the clip that matches all of them is listed', async () => {
    const name = aCamera()
    const hit = clipOf(name, 1, { status: 'analyzed', alert_decision: decision(true) })
    const others = [
      clipOf(name, 2, { status: 'done', alert_decision: decision(true) }),
      clipOf(name, 3, { status: 'analyzed', alert_decision: decision(false) }),
      clipOf(aCamera(), 4, { status: 'analyzed', alert_decision: decision(true) }),
    ]
    valueOf(await database().states.upsert([hit, ...others], signal))
    expect(await listed({ camera: name, status: 'analyzed', alerted: true })).toEqual([hit.clip_id])
  })

  test('a list leaves the motion scores of its clips out, with words and without', async () => {
    const name = aCamera()
    const state = clipOf(name, 1, { motion_scores: [0, 7.5] })
    valueOf(await database().states.upsert([state], signal))
    const { motion_scores: _left, ...summary } = state
    for (const filter of [{ camera: name }, { camera: name, q: name }])
      expect(valueOf(await database().queries.list(filter, { cursor: null, limit: 1 }, signal)).clips).toEqual([summary])
  })

  test('a clip without a decision is not alerted; one without a filter result has nothing detected', async () => {
    const name = aCamera()
    const yes = clipOf(name, 1, { alert_decision: decision(true), filter_result: aFilterResult() })
    const no = clipOf(name, 2, { alert_decision: decision(false), filter_result: NOTHING_DETECTED })
    const missing = clipOf(name, 3)
    valueOf(await database().states.upsert([yes, no, missing], signal))
    expect(await listed({ camera: name, alerted: true })).toEqual([yes.clip_id])
    expect(await listed({ camera: name, alerted: false })).toEqual([missing.clip_id, no.clip_id])
    expect(await listed({ camera: name, detected: true })).toEqual([yes.clip_id])
    expect(await listed({ camera: name, detected: false })).toEqual([missing.clip_id, no.clip_id])
  })

  test('risk and activity match in any case', async () => {
    const name = aCamera()
    const state = clipOf(name, 1, { analysis_result: anAnalysis({ risk_level: 'high', activity_type: 'Delivery' }) })
    valueOf(await database().states.upsert([state], signal))
    const shouted: ClipFilter = JSON.parse('{"risk_level":"High"}') as ClipFilter // what an API client may send
    expect(await listed({ ...shouted, camera: name })).toEqual([state.clip_id])
    expect(await listed({ camera: name, activity_type: 'delivery' })).toEqual([state.clip_id])
    expect(await listed({ camera: name, activity_type: 'DELIVERY' })).toEqual([state.clip_id])
  })

  test('deleted clips are hidden unless asked for', async () => {
    const name = aCamera()
    valueOf(await database().states.upsert([clipOf(name, 1, { status: 'deleted' }), clipOf(name, 2)], signal))
    expect(await listed({ camera: name })).toEqual([idOf(name, 2)])
    expect(await listed({ camera: name, status: 'deleted' })).toEqual([idOf(name, 1)])
  })

  test('since is inclusive, until exclusive', async () => {
    const name = aCamera()
    valueOf(
      await database().states.upsert(
        [1, 2, 3].map((n) => clipOf(name, n)),
        signal,
      ),
    )
    const bounds = { since: '2026-01-01T01:00:01+01:00', until: '2026-01-01T00:00:03Z' }
    expect(await listed({ camera: name, ...bounds })).toEqual([idOf(name, 2), idOf(name, 1)])
  })

  test('free text finds beginnings of words in camera, summary, activity and classes, all of them', async () => {
    const name = aCamera()
    const filter_result = aFilterResult({ detected_classes: ['traffic light'] })
    const analysis_result = anAnalysis({ summary: 'Someone leaves a PARCEL; größer.', activity_type: 'person_at_door' })
    const state = clipOf(name, 1, { filter_result, analysis_result })
    valueOf(await database().states.upsert([state, clipOf(name, 2)], signal))
    for (const q of ['parc', 'PARCEL', 'door', 'Größ', 'light traffic', name.replace('_', ' ')]) {
      expect(await listed({ camera: name, q }), q).toContain(state.clip_id)
    }
    expect(await listed({ camera: name, q: 'parcel cat' })).toEqual([])
    expect(await listed({ camera: name, q: `'); DROP TABLE clip_states; --` })).toEqual([])
    expect(await listed({ camera: name, q: ' !& ' })).toHaveLength(2)
  })

  test('pages follow each other newest first, equal times by id, each clip once', async () => {
    const name = aCamera()
    const same = { start_ts: '2026-01-01T00:00:01.123456Z' }
    const rows = [clipOf(name, 0), clipOf(name, 1, same), clipOf(name, 2, same), clipOf(name, 3, same), clipOf(name, 9)]
    valueOf(await database().states.upsert(rows, signal))
    const seen: string[] = []
    const sizes: number[] = []
    for (let cursor: ClipCursor | null = null; ;) {
      const page: ClipPage = valueOf(await database().queries.list({ camera: name }, { cursor, limit: 2 }, signal))
      seen.push(...page.clips.map((clip) => clip.clip_id))
      sizes.push(page.clips.length)
      cursor = page.next
      if (cursor === null) break
    }
    expect(seen).toEqual([9, 3, 2, 1, 0].map((n) => idOf(name, n)))
    expect(sizes).toEqual([2, 2, 1])
  })

  test('a page that is exactly full is the last when nothing follows', async () => {
    const name = aCamera()
    valueOf(await database().states.upsert([clipOf(name, 1), clipOf(name, 2)], signal))
    expect(valueOf(await database().queries.list({ camera: name }, { cursor: null, limit: 2 }, signal)).next).toBeNull()
  })

  test('a cursor holds while rows change', async () => {
    const name = aCamera()
    valueOf(
      await database().states.upsert(
        [1, 2, 3, 4].map((n) => clipOf(name, n)),
        signal,
      ),
    )
    const first = valueOf(await database().queries.list({ camera: name }, { cursor: null, limit: 2 }, signal))
    valueOf(await database().states.upsert([clipOf(name, 2, { event_seq: 7, status: 'done' }), clipOf(name, 5)], signal))
    const second = valueOf(await database().queries.list({ camera: name }, { cursor: first.next, limit: 2 }, signal))
    expect(second.clips.map((clip) => clip.clip_id)).toEqual([idOf(name, 2), idOf(name, 1)])
  })
}

function statsTests(database: () => DatabaseUnderTest): void {
  test('stats count clips, alerts, bytes and tokens; deleted clips only under their status', async () => {
    const name = aCamera()
    const before = valueOf(await database().queries.stats('2027-01-01T00:00:00Z', signal))
    const alert_decision = { notify: true, notify_reason: 'because' }
    const later = '2027-03-01T12:00:00.000Z'
    const vlm_usage = { model: 'm', prompt_tokens: 100, completion_tokens: 20, cost_usd: 0.25 }
    const rows = [
      clipOf(name, 1, { size_bytes: 500, alert_decision }),
      clipOf(name, 2, { size_bytes: 700, start_ts: later, alert_decision, vlm_usage, status: 'done' }),
      clipOf(name, 3, { size_bytes: 900, local_deleted_at: later, status: 'done' }),
      clipOf(name, 4, { size_bytes: 1100, local_deleted_at: later, start_ts: later, status: 'deleted', vlm_usage }),
    ]
    valueOf(await database().states.upsert(rows, signal))
    const after = valueOf(await database().queries.stats('2027-01-01T00:00:00Z', signal))
    expect(after.clips_total - before.clips_total).toBe(3)
    expect(after.clips_today).toBe(1)
    expect(after.alerts_total - before.alerts_total).toBe(2)
    expect(after.alerts_today).toBe(1)
    expect(after.local_bytes - before.local_bytes).toBe(1200)
    expect(after.by_camera.find((row) => row.camera_name === name)).toEqual({ camera_name: name, clips: 3, alerts: 2, last_clip_ts: later })
    expect((after.by_status.deleted ?? 0) - (before.by_status.deleted ?? 0)).toBe(1)
    expect([after.vlm_tokens_today, after.vlm_cost_usd_today]).toEqual([240, 0.5])
  })
}
