import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Plugin } from '../../contracts/plugin.ts'
import { hogFilter } from '../../plugins/filters/hog/plugin.ts'
import { yoloFilter } from '../../plugins/filters/yolo/plugin.ts'
import { testHost } from '../../testkit/plugin-host.ts'
import { testData } from '../../testkit/videos.ts'
import { encodeScene } from './encode-scene.ts'
import { SCENE_TIMING } from './scene.ts'

const never = new AbortController().signal
const model = testData('models/yolox_nano.onnx')
let folder = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-scene-'))
  expect(await encodeScene({ path: join(folder, 'whole.mp4') }, never)).toMatchObject({ ok: true })
  expect(await encodeScene({ path: join(folder, 'before.mp4'), seconds: SCENE_TIMING.entersAtS }, never)).toMatchObject({ ok: true })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function lookAt(video: string, plugin: Plugin<'filter'>, config: unknown) {
  const loaded = await plugin.load(config, testHost())
  if (!loaded.ok) return expect.fail(JSON.stringify(loaded.error))
  await using filter = loaded.value
  const found = await filter.detect(join(folder, video), { full_scan: true, sample_fps: 2 }, never)
  return found.ok ? found.value : expect.fail(JSON.stringify(found.error))
}

describe.each([
  { name: 'hog', plugin: hogFilter, config: {}, missing: false },
  {
    name: model === null ? 'yolo (skipped: HOMESEC_TEST_DATA has no models/yolox_nano.onnx)' : 'yolo',
    plugin: yoloFilter,
    config: { model: model ?? '' },
    missing: model === null,
  },
])('$name', ({ plugin, config, missing }) => {
  test.skipIf(missing)('recognises the figure as a person, and only while it is there', async () => {
    const result = await lookAt('whole.mp4', plugin, config)
    expect(result.detected_classes).toEqual(['person'])
    expect(result.first_hit_s).toBeGreaterThanOrEqual(SCENE_TIMING.entersAtS)
    expect(result.first_hit_s).toBeLessThan(SCENE_TIMING.entersAtS + 2)
    const seconds = result.detections.map(({ second }) => second)
    expect(Math.max(...seconds)).toBeLessThanOrEqual(SCENE_TIMING.leavesAtS)
    expect(result.confidence).toBeGreaterThan(0.8)
  })

  test.skipIf(missing)('sees nobody in the empty street', async () => {
    expect(await lookAt('before.mp4', plugin, config)).toMatchObject({ detected_classes: [], detections: [] })
  })
})
