import { describe, expect, test } from 'vitest'
import type { ObjectFilter } from '../../../contracts/filter.ts'
import { filterContract } from '../../../testkit/filter-contract.ts'
import { built, configNames, testHost } from '../../../testkit/plugin-host.ts'
import { testData } from '../../../testkit/videos.ts'
import { hogFilter } from './plugin.ts'

const VIDEO = testData('videos/one-by-one-person.mp4')

const open = (config: Record<string, unknown> = {}): Promise<ObjectFilter> => built(hogFilter, config, testHost())

filterContract('hog', { create: () => open(), readsVideo: true })

test('it cannot be asked for anything but people', () => {
  const problems = hogFilter.problems({ classes: ['person', 'dog'] }, configNames())
  expect(problems).toMatchObject([{ path: ['classes'], message: expect.stringContaining('only people') as string }])
})

describe.skipIf(VIDEO === null)('on the real recording (skipped where the test data is absent)', () => {
  test('it finds a person in the end', async () => {
    await using filter = await open()
    const detected = await filter.detect(VIDEO!, {}, new AbortController().signal)
    expect(detected).toMatchObject({ ok: true, value: { detected_classes: ['person'], model: 'hog' } })
    const [first] = detected.ok ? detected.value.detections : []
    expect(first!.second).toBeGreaterThanOrEqual(6)
    expect(first!.confidence).toBeGreaterThanOrEqual(0.5)
  })
})
