import { expect, test } from 'vitest'
import type { StateStore } from '../../contracts/repository.ts'
import { aFilterResult, anAnalysis } from '../builders.ts'
import { aCamera, clipOf, idOf, signal, valueOf } from './rows.ts'

export function stateTests(states: () => StateStore): void {
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
