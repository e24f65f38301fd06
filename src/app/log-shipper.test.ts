import { expect, test } from 'vitest'
import { pluginError } from '../contracts/errors.ts'
import type { LogRow, LogStore } from '../contracts/repository.ts'
import { err, ok } from '../contracts/result.ts'
import { FakeClock } from '../testkit/fake-clock.ts'
import { LogShipper } from './log-shipper.ts'
import type { LogLine } from './logger.ts'

const OPTIONS = { level: 'info', maxAgeDays: 2, maxRows: 10 } as const
const line = (message: string, changes: Partial<LogLine> = {}): LogLine => ({
  ts: '2026-01-01T00:00:00.000Z',
  level: 'info',
  message,
  fields: {},
  ...changes,
})

function setUp() {
  const clock = new FakeClock()
  const rows: LogRow[] = []
  const pruned: unknown[] = []
  const world = { up: true }
  const store: LogStore = {
    append: async (batch) => {
      if (!world.up) return err(pluginError('unavailable', 'down'))
      rows.push(...batch)
      return ok()
    },
    prune: async (limits) => {
      pruned.push(limits)
      return ok(0)
    },
  }
  return { clock, rows, pruned, world, shipper: new LogShipper(store, clock, OPTIONS) }
}

test('lines reach the database with their clip and camera, those below the level do not', async () => {
  const { clock, rows, shipper } = setUp()
  shipper.take(line('kept', { fields: { clip_id: 'a_1.mp4', camera_name: 'a', kind: 'timeout' } }))
  shipper.take(line('too chatty', { level: 'debug' }))
  await clock.advance(2_000)
  expect(rows).toEqual([
    { ts: '2026-01-01T00:00:00.000Z', level: 'info', message: 'kept', clip_id: 'a_1.mp4', camera_name: 'a', fields: { kind: 'timeout' } },
  ])
  await shipper[Symbol.asyncDispose]()
})

test('an outage keeps the newest lines, in order, and no more than there is room for', async () => {
  const { clock, rows, world, shipper } = setUp()
  world.up = false
  for (let number = 0; number < 5_100; number += 1) shipper.take(line(String(number)))
  await clock.advance(2_000)
  shipper.take(line('5100'))
  world.up = true
  await clock.advance(2_000)
  expect(rows).toHaveLength(5_000)
  expect(rows.map(({ message }) => Number(message))).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 101))
  await shipper[Symbol.asyncDispose]()
})

test('old lines are pruned every hour', async () => {
  const { clock, pruned, shipper } = setUp()
  await clock.advance(3_600_000)
  expect(pruned).toEqual([{ maxAgeMs: 2 * 86_400_000, maxRows: 10 }])
  await shipper[Symbol.asyncDispose]()
})

test('what waits at the end is written before it closes', async () => {
  const { rows, shipper } = setUp()
  shipper.take(line('last words'))
  await shipper[Symbol.asyncDispose]()
  expect(rows.map(({ message }) => message)).toEqual(['last words'])
})
