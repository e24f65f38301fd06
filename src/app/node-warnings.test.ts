import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { logNodeWarnings } from './node-warnings.ts'

test('a warning is a line of the log while the program runs, and printed as ever before and after', () => {
  const emitter = new EventEmitter()
  const printed = vi.fn()
  emitter.on('warning', printed)
  const log = memoryLogger()
  const logging = logNodeWarnings(log, emitter)
  emitter.emit('warning', Object.assign(new Error('Node 20\nis old'), { name: 'SupportWarning' }))
  expect(log.lines).toMatchObject([
    { level: 'warn', message: 'Node 20 is old', fields: { event_type: 'node_warning', name: 'SupportWarning' } },
  ])
  expect(printed).not.toHaveBeenCalled()
  logging[Symbol.dispose]()
  emitter.emit('warning', new Error('later'))
  expect(printed).toHaveBeenCalledOnce()
  expect(log.lines).toHaveLength(1)
})
