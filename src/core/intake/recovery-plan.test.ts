import { describe, expect, test } from 'vitest'
import { aClipState } from '../../testkit/clip-states.ts'
import { isLeftover, isTooLate, recoveryStep } from './recovery-plan.ts'

describe('what to do with a clip of an earlier run', () => {
  const GONE = '2026-01-01T01:00:00.000Z'
  const COPIES = { nas: { storage_uri: 'local:a', view_url: null, stored_at: GONE } }
  test.each([
    ['an unfinished one goes on', {}, true, { do: 'resume' }],
    ['a finished one is left alone', { status: 'done' }, true, { do: 'nothing' }],
    [
      'one whose file is gone before all places had it goes on with a copy',
      { copies: COPIES },
      false,
      { do: 'note_missing', thenResume: true },
    ],
    [
      'one that left the storage by its retention is no loss when its file goes too',
      { status: 'done', storage_pruned_at: GONE },
      false,
      { do: 'note_missing', thenResume: false },
    ],
    ['a failed one is tried again', { status: 'error' }, true, { do: 'resume' }],
    ['a deleted one loses the file that a crash left', { deleted_at: GONE }, true, { do: 'remove_file' }],
    ['a deleted one without a file is left alone', { deleted_at: GONE }, false, { do: 'nothing' }],
    ['one whose only copy vanished is given up', {}, false, { do: 'give_up' }],
    ['one that was given up before is left alone', { local_deleted_at: GONE }, false, { do: 'nothing' }],
    ['a stored one whose file vanished goes on from the storage', { storage_uri: 'm:a' }, false, { do: 'note_missing', thenResume: true }],
    ['a stored, done one only learns that', { storage_uri: 'm:a', status: 'done' }, false, { do: 'note_missing', thenResume: false }],
    ['a pruned, unfinished one goes on from the storage', { storage_uri: 'm:a', local_deleted_at: GONE }, false, { do: 'resume' }],
  ] as const)('%s', (_what, changes, fileExists, step) => {
    expect(recoveryStep({ type: 'clip', state: aClipState(changes), fileExists }, 'test')).toEqual(step)
  })

  test.each([
    ['refused under this configuration is left alone', 'invalid: no video', 'ok', 'test', 'nothing'],
    ['refused, whose upload is the sweeper’s, is left alone', 'rejected: no', 'error', 'test', 'nothing'],
    ['refused under another configuration is tried again', 'invalid: no video', 'ok', 'other', 'resume'],
    ['refused, whose upload a kill cut short, goes on', 'invalid: no video', 'running', 'test', 'resume'],
    ['that found no detector is tried again', 'unavailable: down', 'ok', 'test', 'resume'],
    ['that broke its detector is tried again', 'bug: boom', 'ok', 'test', 'resume'],
  ] as const)('one %s', (...[, last_error, upload, configHash, step]) => {
    const { stages } = aClipState()
    const ended = { filter: { ...stages.filter, status: 'error', last_error }, upload: { ...stages.upload, status: upload } } as const
    const state = aClipState({ status: 'error', stages: { ...stages, ...ended } })
    expect(recoveryStep({ type: 'clip', state, fileExists: true }, configHash)).toEqual({ do: step })
  })

  test('it alerts on its own only while it is news', () => {
    const end = Date.parse('2026-01-01T00:00:10Z')
    expect([isTooLate(aClipState(), end + 1000, 1000), isTooLate(aClipState(), end + 1001, 1000)]).toEqual([false, true])
  })

  test('is of an earlier run when it was made before the start, or was found without a journal', () => {
    const [clip, startedMs] = [aClipState(), Date.parse(aClipState().created_at)]
    expect([isLeftover(clip, startedMs), isLeftover(clip, startedMs + 1)]).toEqual([false, true])
    expect(isLeftover({ ...clip, source_backend: 'recovered' }, startedMs)).toBe(true)
  })
})
