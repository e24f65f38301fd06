import type { MotionConfig } from './motion-config.ts'

/** Where a corner lies, in fractions of the picture's width and height. */
export type Corner = readonly [x: number, y: number]

/** The configuration in the units of the code. */
export interface MotionSettings {
  readonly pixelThreshold: number
  readonly minChangedPct: number
  readonly recordingSensitivityFactor: number
  /** Odd, or 0 for none. */
  readonly blurKernel: number
  readonly minFrames: number
  readonly masks: readonly (readonly Corner[])[]
  readonly settleMs: number
  readonly lightChangePct: number
  readonly absorbMs: number
}

export function motionSettings(config: MotionConfig): MotionSettings {
  return {
    pixelThreshold: config.pixel_threshold,
    minChangedPct: config.min_changed_pct,
    recordingSensitivityFactor: config.recording_sensitivity_factor,
    blurKernel: oddKernel(config.blur_kernel),
    minFrames: config.min_frames,
    masks: config.masks,
    settleMs: config.settle_s * 1000,
    lightChangePct: config.light_change_pct,
    absorbMs: config.absorb_s * 1000,
  }
}

/** A blur has a pixel in its middle: even numbers go up. 0 and below mean none. */
export function oddKernel(kernel: number): number {
  return kernel <= 0 ? 0 : kernel | 1
}
