import { expect, test } from 'vitest'
import type { ClipStateData, StageLog } from '../../contracts/clip-state.ts'
import { aClipState } from '../../testkit/clip-states.ts'
import { owesStorage } from './storage-debt.ts'

const FINISHED = '2026-01-01T00:01:00.000Z'

function withUpload(status: StageLog['status'], changes: Partial<ClipStateData> = {}): ClipStateData {
  const state = aClipState(changes)
  return { ...state, stages: { ...state.stages, upload: { ...state.stages.upload, status } } }
}

test.each([
  { status: 'pending', finished_at: null, owes: false, why: 'the pipeline is about to upload it' },
  { status: 'running', finished_at: null, owes: false, why: 'the pipeline is uploading it' },
  { status: 'error', finished_at: null, owes: true, why: 'the pipeline gave up' },
  { status: 'ok', finished_at: FINISHED, owes: false, why: 'everything is there' },
  { status: 'error', finished_at: FINISHED, owes: true, why: 'the pipeline gave up' },
  { status: 'pending', finished_at: FINISHED, owes: true, why: 'a shutdown cut the later try short' },
  { status: 'running', finished_at: FINISHED, owes: true, why: 'a kill cut the later try short' },
] as const)('a clip with upload $status and finished_at $finished_at owes: $owes, because $why', ({ status, finished_at, owes }) => {
  expect(owesStorage(withUpload(status, { finished_at }))).toBe(owes)
})

test('a deleted clip owes nothing, unless the storage still has something of it', () => {
  expect(owesStorage(withUpload('error', { deleted_at: FINISHED }))).toBe(false)
  expect(owesStorage(withUpload('ok', { deleted_at: FINISHED, storage_uri: 'memory:late' }))).toBe(true)
})

test('a clip whose file is gone before it was stored owes nothing: there is nothing to upload', () => {
  expect(owesStorage(withUpload('error', { finished_at: FINISHED, local_deleted_at: FINISHED }))).toBe(false)
})
