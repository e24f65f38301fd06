import { expect, test } from 'vitest'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import type { ObjectFilter } from '../contracts/filter.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { aFilterResult } from '../testkit/builders.ts'
import { FakeClock, settle } from '../testkit/fake-clock.ts'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { autoFilter } from './auto-filter.ts'

const never = new AbortController().signal
const failure = (kind: PluginError['kind']) => err(pluginError(kind, 'no model'))

interface FakeDetector {
  readonly filter: ObjectFilter
  ping: () => Promise<Result<{ model: string }, PluginError>>
  detection: Result<null, PluginError>
  closed: boolean
}

function fakeDetector(model: string): FakeDetector {
  const fake: FakeDetector = {
    ping: async () => ok({ model }),
    detection: ok(null),
    closed: false,
    filter: {
      detect: async () => (fake.detection.ok ? ok(aFilterResult({ model })) : fake.detection),
      ping: () => fake.ping(),
      [Symbol.asyncDispose]: async () => void (fake.closed = true),
    },
  }
  return fake
}

function setUp() {
  const [yolo, hog, log, clock] = [fakeDetector('yolox_nano'), fakeDetector('hog'), memoryLogger(), new FakeClock()]
  const filter = autoFilter({ yolo: yolo.filter, hog: hog.filter, log, clock })
  const used = async () => {
    const detected = await filter.detect('x', {}, never)
    return detected.ok ? detected.value.model : detected.error.kind
  }
  return { yolo, hog, clock, filter, used, events: () => log.lines.map(({ level, fields }) => `${level} ${String(fields['event_type'])}`) }
}

test('yolo looks when its model is there, and nothing is said', async () => {
  const { used, events } = setUp()
  expect(await used()).toBe('yolox_nano')
  expect(events()).toEqual([])
})

test('hog looks when the model cannot be had, and that is said once', async () => {
  const { yolo, used, events } = setUp()
  yolo.ping = async () => failure('unavailable')
  expect([await used(), await used()]).toEqual(['hog', 'hog'])
  expect(events()).toEqual(['warn detector_fallback'])
})

test('yolo takes over when the model is there later', async () => {
  const { yolo, used, clock, events } = setUp()
  yolo.ping = async () => failure('unavailable')
  await used()
  yolo.ping = async () => ok({ model: 'yolox_nano' })
  expect(await used()).toBe('hog')
  await clock.advance(60_000)
  await used()
  expect(await used()).toBe('yolox_nano')
  expect(events()).toEqual(['warn detector_fallback', 'info detector_changed'])
})

test('a slow download is not waited for longer than the patience', async () => {
  const { yolo, used, clock } = setUp()
  let arrive: (pinged: Result<{ model: string }, PluginError>) => void = () => undefined
  yolo.ping = () => new Promise((resolve) => (arrive = resolve))
  const first = used()
  await clock.advance(4999)
  await clock.advance(1)
  expect(await first).toBe('hog')
  expect(await used()).toBe('hog')
  arrive(ok({ model: 'yolox_nano' }))
  await settle()
  expect(await used()).toBe('yolox_nano')
})

test('a model that stops loading later is tolerated too', async () => {
  const { yolo, used } = setUp()
  await used()
  yolo.detection = failure('rejected')
  expect(await used()).toBe('hog')
})

test.each(['invalid', 'unavailable', 'cancelled'] as const)('yolo failing with %s is its answer, not a reason to change', async (kind) => {
  const { yolo, used, events } = setUp()
  await used()
  yolo.detection = failure(kind)
  expect(await used()).toBe(kind)
  expect(events()).toEqual([])
})

test('closing closes both', async () => {
  const { yolo, hog, filter } = setUp()
  await filter[Symbol.asyncDispose]()
  expect([yolo.closed, hog.closed]).toEqual([true, true])
})
