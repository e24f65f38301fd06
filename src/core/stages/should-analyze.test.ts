import { expect, test } from 'vitest'
import { shouldAnalyze } from './should-analyze.ts'

test.each([
  ['never', ['person'], 'run_mode_never'],
  ['trigger_only', ['cat'], 'no_trigger_classes'],
  ['trigger_only', [], 'no_trigger_classes'],
  ['trigger_only', ['cat', 'person'], null],
  ['always', [], null],
] as const)('run_mode %s with %j seen is skipped for %s', (run_mode, detected_classes, reason) => {
  const verdict = shouldAnalyze({ run_mode, trigger_classes: ['person'] }, { detected_classes: [...detected_classes] })
  expect(verdict).toEqual(reason === null ? { run: true } : { run: false, reason })
})
