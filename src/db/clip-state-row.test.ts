import { expect, test } from 'vitest'
import { aClipState } from '../testkit/clip-states.ts'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { readClipState } from './clip-state-row.ts'

const id = aClipState().clip_id

test('an older state is brought up to date on reading', () => {
  const { provenance, ...older } = aClipState()
  const migrations = { 0: (state: Readonly<Record<string, unknown>>) => ({ ...state, provenance }) }
  expect(readClipState(id, { ...older, schema_version: 0 }, memoryLogger(), migrations)).toEqual(aClipState())
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
