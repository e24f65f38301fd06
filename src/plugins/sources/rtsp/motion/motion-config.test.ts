import { expect, test } from 'vitest'
import { MotionConfigSchema } from './motion-config.ts'
import { motionSettings, oddKernel } from './motion-settings.ts'

test('every key has a default', () => {
  expect(MotionConfigSchema.parse({})).toEqual({
    ...{ pixel_threshold: 45, min_changed_pct: 1, recording_sensitivity_factor: 2, blur_kernel: 5, min_frames: 2 },
    ...{ masks: [], settle_s: 2, light_change_pct: 40, absorb_s: 60, fps: 5 },
  })
})

test.each([
  [4, 5],
  [5, 5],
  [1, 1],
  [0, 0],
  [-3, 0],
])('a blur of %i pixels is one of %i', (configured, used) => {
  expect(oddKernel(configured)).toBe(used)
})

test.each([
  ['an unknown key', { pixel_treshold: 45 }],
  ['a negative blur', { blur_kernel: -3 }],
  [
    'a mask that is a line',
    {
      masks: [
        [
          [0, 0],
          [1, 1],
        ],
      ],
    },
  ],
  [
    'a mask in pixels',
    {
      masks: [
        [
          [0, 0],
          [320, 0],
          [320, 180],
        ],
      ],
    },
  ],
  ['a factor that would end clips early', { recording_sensitivity_factor: 0.5 }],
])('%s is refused', (_what, config) => {
  expect(MotionConfigSchema.safeParse(config).success).toBe(false)
})

test('seconds become milliseconds, and the blur odd', () => {
  const config = MotionConfigSchema.parse({ settle_s: 1.5, absorb_s: 30, blur_kernel: 4 })
  expect(motionSettings(config)).toMatchObject({ settleMs: 1500, absorbMs: 30_000, blurKernel: 5 })
})
