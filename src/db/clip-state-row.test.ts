import { expect, test } from 'vitest'
import { aClipState } from '../testkit/clip-states.ts'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { readClipState, readClipSummary } from './clip-state-row.ts'

const id = aClipState().clip_id

test('an older state is brought up to date on reading', () => {
  const { provenance, ...older } = aClipState()
  const migrations = { 0: (state: Readonly<Record<string, unknown>>) => ({ ...state, provenance }) }
  expect(readClipState(id, { ...older, schema_version: 0 }, memoryLogger(), migrations)).toEqual(aClipState())
})

test('a row from before motion was kept is read, without any; a list shows none of any row', () => {
  const { motion_scores: _unknownThen, ...older } = aClipState()
  expect(readClipState(id, older, memoryLogger())).toEqual(aClipState({ motion_scores: null }))
  expect(readClipSummary(id, older, memoryLogger())).toEqual(older)
  expect(readClipSummary(id, aClipState({ motion_scores: [1] }), memoryLogger())).toEqual(older)
})

test('newer, broken and foreign rows are null and reported, without what is in them', () => {
  const bad = [
    { ...aClipState(), schema_version: 99 },
    { ...aClipState(), status: 'canary' },
    { ...aClipState(), schema_version: 0 },
    'canary',
    null,
  ]
  for (const data of bad) {
    const log = memoryLogger()
    expect(readClipState(id, data, log)).toBeNull()
    expect(log.lines).toHaveLength(1)
    expect(JSON.stringify(log.lines)).not.toContain('canary')
  }
})
