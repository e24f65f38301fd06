import { expect, test } from 'vitest'
import type { ClipCursor, ClipFilter, ClipPage, ClipQueries, StateStore } from '../../contracts/repository.ts'
import { aFilterResult, anAnalysis, NOTHING_DETECTED } from '../builders.ts'
import { aCamera, clipOf, idOf, signal, valueOf } from './rows.ts'

/** What there is to ask, and where the clips come from. */
interface Queried {
  readonly states: StateStore
  readonly queries: ClipQueries
}

export function listTests(database: () => Queried): void {
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

export function statsTests(database: () => Queried): void {
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
