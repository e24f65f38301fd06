import { describe, expect, test } from 'vitest'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import { aClipState } from '../../testkit/clip-states.ts'
import { ClipIndex } from './clip-index.ts'

const SECOND = 1000
const at = (nth: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + nth * SECOND).toISOString()

function clip(nth: number, changes: Partial<ClipStateData> = {}): ClipStateData {
  return aClipState({
    clip_id: `front_door_${nth}.mp4`,
    created_at: at(nth),
    content_sha256: nth.toString(16).padStart(64, '0'),
    ...changes,
  })
}

function stored(nth: number, changes: Partial<ClipStateData> = {}): ClipStateData {
  const state = clip(nth, { status: 'done', storage_uri: 'memory:a', finished_at: at(nth + 10), event_seq: 5, ...changes })
  return { ...state, stages: { ...state.stages, upload: { ...state.stages.upload, status: 'ok' } } }
}

function indexOf(...states: ClipStateData[]): ClipIndex {
  const index = new ClipIndex()
  for (const state of states) index.update(state)
  return index
}

test('bytes are counted while the file is here, whatever happens to the clip', () => {
  const index = indexOf(clip(1), stored(1), clip(2))
  expect(index.localBytes).toBe(2000)
  index.update(stored(1, { local_deleted_at: at(20), event_seq: 6 }))
  expect(index.localBytes).toBe(1000)
  index.update(clip(2, { status: 'deleted', deleted_at: at(20), event_seq: 2 }))
  expect(index.localBytes).toBe(0)
})

test('news that are older than what is known are ignored', () => {
  const index = indexOf(stored(1), clip(1))
  expect(index.get('front_door_1.mp4')).toMatchObject({ prunable: 'done', eventSeq: 5 })
})

describe('what may go', () => {
  test('the oldest goes first, and of two made at once the lower name', () => {
    const same = { created_at: at(1) }
    const index = indexOf(stored(3), stored(2, same), stored(1, same))
    const order = [1, 2, 3].map(() => index.takeOldest('done')?.clip_id)
    expect(order).toEqual(['front_door_1.mp4', 'front_door_2.mp4', 'front_door_3.mp4'])
    expect(index.takeOldest('done')).toBeUndefined()
  })

  test('only clips that are stored may go, and finished ones are kept apart from those still to be analysed', () => {
    const index = indexOf(clip(1), stored(2, { status: 'uploaded', finished_at: null }), stored(3))
    expect(index.takeOldest('done')?.clip_id).toBe('front_door_3.mp4')
    expect(index.takeOldest('uploaded')?.clip_id).toBe('front_door_2.mp4')
    expect([index.takeOldest('done'), index.takeOldest('uploaded')]).toEqual([undefined, undefined])
  })

  test('one that was given back comes again, one that is gone does not', () => {
    const index = indexOf(stored(1), stored(2))
    const first = index.takeOldest('done')
    if (first !== undefined) index.giveBack(first)
    expect(index.takeOldest('done')?.clip_id).toBe('front_door_1.mp4')
    index.update(stored(2, { local_deleted_at: at(20), event_seq: 6 }))
    expect(index.takeOldest('done')).toBeUndefined()
  })
})

describe('known contents', () => {
  test('a clip is found by its bytes until it is deleted', () => {
    const index = indexOf(clip(1))
    expect(index.clipWithSha(clip(1).content_sha256)).toBe('front_door_1.mp4')
    index.update(clip(1, { deleted_at: at(5), event_seq: 2 }))
    expect(index.clipWithSha(clip(1).content_sha256)).toBeUndefined()
  })

  test('late news of a deleted clip do not hide the new clip with the same bytes', () => {
    const again = clip(2, { content_sha256: clip(1).content_sha256 })
    const index = indexOf(clip(1), clip(1, { deleted_at: at(5), event_seq: 2 }), again, clip(1, { deleted_at: at(5), event_seq: 3 }))
    expect(index.clipWithSha(again.content_sha256)).toBe('front_door_2.mp4')
  })
})

test('debts are listed newest first', () => {
  const owing = (nth: number) => stored(nth, { analysis_result: null, alert_decision: { notify: true, notify_reason: 'x' } })
  const index = indexOf(owing(1), owing(3), owing(2))
  expect(index.owing('storage').map(({ clip_id }) => clip_id)).toEqual(['front_door_3.mp4', 'front_door_2.mp4', 'front_door_1.mp4'])
  expect(index.owingCount).toBe(3)
})
