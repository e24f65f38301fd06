import type { Clock } from '../../../contracts/clock.ts'
import { expandClasses, type FilterResult } from '../../../contracts/detection.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { FilterOverrides, ObjectFilter } from '../../../contracts/filter.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { MockFilterConfig } from './config.ts'

export class MockFilter implements ObjectFilter {
  readonly #config: MockFilterConfig
  readonly #clock: Clock
  readonly #closed = new AbortController()
  #failuresLeft: number

  constructor(config: MockFilterConfig, clock: Clock) {
    this.#config = config
    this.#clock = clock
    this.#failuresLeft = config.fail_times
  }

  async detect(_videoPath: string, { onHit }: FilterOverrides, signal: AbortSignal): Promise<Result<FilterResult, PluginError>> {
    if (this.#config.delay_ms > 0) await this.#clock.sleep(this.#config.delay_ms, signal)
    if (signal.aborted || this.#closed.signal.aborted) return err(pluginError('cancelled', 'the mock filter was stopped'))
    if (this.#failuresLeft > 0) {
      this.#failuresLeft -= 1
      return err(pluginError(this.#config.error_kind, 'the mock filter failed as configured'))
    }
    const result = this.#result()
    if (result.detections.length > 0) onHit?.(result)
    return ok(result)
  }

  async ping(): Promise<Result<{ readonly model: string }, PluginError>> {
    return ok({ model: 'mock' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
  }

  #result(): FilterResult {
    const { confidence } = this.#config
    const classes = expandClasses(this.#config.detected_classes)
    const seen = classes.length > 0
    return {
      detected_classes: classes,
      confidence: seen ? confidence : 0,
      model: 'mock',
      sampled_frames: 1,
      first_hit_s: seen ? 0 : null,
      best_frame_s: seen ? 0 : null,
      detections: classes.map((name) => ({ class: name, confidence, box: [0.4, 0.1, 0.2, 0.8], second: 0 })),
    }
  }
}
