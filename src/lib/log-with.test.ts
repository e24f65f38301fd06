import { expect, test } from 'vitest'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { logWith } from './log-with.ts'

test('every line carries the given fields, unless it has its own', () => {
  const log = memoryLogger()
  const named = logWith(log, { camera_name: 'gate' })
  named.debug({}, 'a')
  named.info({ n: 1 }, 'b')
  named.warn({ camera_name: 'yard' }, 'c')
  named.error({}, 'd')
  expect(log.lines).toEqual([
    { level: 'debug', fields: { camera_name: 'gate' }, message: 'a' },
    { level: 'info', fields: { camera_name: 'gate', n: 1 }, message: 'b' },
    { level: 'warn', fields: { camera_name: 'yard' }, message: 'c' },
    { level: 'error', fields: { camera_name: 'gate' }, message: 'd' },
  ])
})
