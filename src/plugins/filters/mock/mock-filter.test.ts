import { expect, test } from 'vitest'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { filterContract } from '../../../testkit/filter-contract.ts'
import { built, configNames, testHost } from '../../../testkit/plugin-host.ts'
import { mockFilter } from './plugin.ts'

const never = new AbortController().signal
const load = (config: unknown, host = testHost()) => built(mockFilter, config, host)

filterContract('mock', { create: () => load({}), readsVideo: false })

test('it says what it was told', async () => {
  const filter = await load({ detected_classes: ['dog', 'car'], confidence: 0.7 })
  expect(await filter.detect('x', {}, never)).toMatchObject({ ok: true, value: { detected_classes: ['dog', 'car'], confidence: 0.7 } })
})

test('it finds nothing when told so', async () => {
  const filter = await load({ detected_classes: [] })
  expect(await filter.detect('x', {}, never)).toMatchObject({
    ok: true,
    value: { detected_classes: [], confidence: 0, first_hit_s: null, best_frame_s: null, detections: [] },
  })
})

test('it fails as often as told, then succeeds', async () => {
  const filter = await load({ fail_times: 2, error_kind: 'timeout' })
  const kinds = []
  for (let call = 0; call < 3; call += 1) {
    const detected = await filter.detect('x', {}, never)
    kinds.push(detected.ok ? 'ok' : detected.error.kind)
  }
  expect(kinds).toEqual(['timeout', 'timeout', 'ok'])
})

test('it takes as long as told', async () => {
  const clock = new FakeClock()
  const filter = await load({ delay_ms: 500 }, testHost({ clock }))
  let answered = false
  const running = filter.detect('x', {}, never).then(() => (answered = true))
  await clock.advance(499)
  expect(answered).toBe(false)
  await clock.advance(1)
  await running
  expect(answered).toBe(true)
})

test('unknown classes are a config problem that lists the known', () => {
  expect(mockFilter.problems({ detected_classes: ['burglar'] }, configNames())).toMatchObject([
    {
      path: ['detected_classes', 0],
      message: expect.stringContaining('unknown class "burglar"; known: animal, vehicle, person') as string,
    },
  ])
})
