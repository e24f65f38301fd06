import { expect, test } from 'vitest'
import type { CameraEvent } from '../contracts/camera-events.ts'
import type { SourceHealth } from '../contracts/source.ts'
import { FakeClock } from '../testkit/fake-clock.ts'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { CameraWatch } from './camera-watch.ts'

function setUp() {
  const clock = new FakeClock()
  const log = memoryLogger()
  const events: CameraEvent[] = []
  let health: SourceHealth = { state: 'starting', detail: '', last_heartbeat: null }
  const watch = new CameraWatch({
    cameras: [
      { name: 'door', source: { health: () => health } },
      { name: 'shed', source: { health: () => ({ state: 'ok', detail: '', last_heartbeat: null }) } },
    ],
    clock,
    log,
    redact: (text) => text.replaceAll('s3cret', '***'),
  })
  watch.subscribe((event) => {
    if (event.camera_name === 'door') events.push(event)
  })
  const be = async (state: SourceHealth['state'], detail = '') => {
    health = { state, detail, last_heartbeat: null }
    await clock.advance(1_000)
  }
  const lines = () =>
    log.lines
      .filter(({ fields }) => fields['camera_name'] === 'door')
      .map(({ level, fields }) => `${level} ${String(fields['event_type'])}`)
  return { clock, events, watch, be, lines }
}

test('each change of a camera is an event, without secrets; what does not change is none', async () => {
  const { events, watch, be } = setUp()
  await using _watching = watch.start()
  for (const state of ['starting', 'ok', 'ok'] as const) await be(state)
  for (const detail of ['no route to s3cret', 'still none']) await be('down', detail)
  await be('starting')
  await be('ok')
  expect(events).toEqual([
    { camera_name: 'door', state: 'ok', detail: '', ts: '2026-01-01T00:00:02.000Z' },
    { camera_name: 'door', state: 'down', detail: 'no route to ***', ts: '2026-01-01T00:00:04.000Z' },
    { camera_name: 'door', state: 'starting', detail: '', ts: '2026-01-01T00:00:06.000Z' },
    { camera_name: 'door', state: 'ok', detail: '', ts: '2026-01-01T00:00:07.000Z' },
  ])
})

test('one outage is one line at its beginning and one at its end, and counts once, however often the camera tries', async () => {
  const { watch, be, lines } = setUp()
  await using _watching = watch.start()
  for (const state of ['ok', 'down', 'starting', 'down', 'starting', 'ok'] as const) await be(state)
  expect(lines().filter((line) => !line.startsWith('debug'))).toEqual(['info camera_up', 'warn camera_down', 'info camera_up'])
  expect(watch.tallies()).toEqual([
    { camera_name: 'door', up: true, outages: 1 },
    { camera_name: 'shed', up: true, outages: 0 },
  ])
})

test('a camera nobody has heard of is not up', () => {
  expect(setUp().watch.tallies()).toContainEqual({ camera_name: 'door', up: false, outages: 0 })
})

test('that the sources stop with the program is no outage', async () => {
  const { events, watch, be } = setUp()
  const watching = watch.start()
  await be('ok')
  await watching[Symbol.asyncDispose]()
  await be('down', 'stopped')
  expect(events.map(({ state }) => state)).toEqual(['ok'])
})
