import { expandClasses, FilterResultSchema, type FilterResult } from '../../../contracts/detection.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { FilterOverrides, ObjectFilter } from '../../../contracts/filter.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { DetectorEvidence } from '../../../lib/detector-evidence.ts'
import { hitListener } from '../../../lib/hit-listener.ts'
import { WorkerPool } from '../../../lib/worker-pool.ts'
import type { YoloConfig } from './config.ts'
import type { Job } from './job.ts'
import { ModelStore, type ResolvedModel } from './model-store.ts'
import { workerEntry } from './worker-entry.ts'

export class YoloFilter implements ObjectFilter {
  readonly #config: YoloConfig
  readonly #models: ModelStore
  readonly #pool: WorkerPool
  readonly #evidence = new DetectorEvidence((signal) => this.#run(null, signal))

  constructor(config: YoloConfig, host: Pick<PluginHost, 'clock' | 'log' | 'dirs'>, downloads: { readonly baseUrl?: string } = {}) {
    this.#config = config
    this.#models = new ModelStore(config.model, host, downloads)
    this.#pool = new WorkerPool(
      { entry: workerEntry, name: 'detection', maxWorkers: config.max_workers, idleMs: config.unload_after_s * 1000 },
      host,
    )
  }

  async detect(videoPath: string, overrides: FilterOverrides, signal: AbortSignal): Promise<Result<FilterResult, PluginError>> {
    const { classes, min_confidence, min_box_h_ratio, min_hits, sample_fps, full_scan, iou_threshold } = this.#config
    const isFull = overrides.full_scan ?? full_scan
    const answer = await this.#run(
      {
        video_path: videoPath,
        classes: expandClasses(classes),
        min_confidence,
        min_box_h_ratio,
        min_hits,
        sample_fps: overrides.sample_fps ?? sample_fps,
        full_scan: isFull,
        look_first_s: isFull ? null : (overrides.look_first_s ?? null),
        iou_threshold,
      },
      signal,
      hitListener(overrides),
    )
    if (!answer.ok) return answer
    const result = FilterResultSchema.safeParse(answer.value.result)
    return result.success ? ok(result.data) : err(pluginError('bug', 'the detection worker answered nonsense', result.error))
  }

  async ping(signal: AbortSignal): Promise<Result<{ readonly model: string }, PluginError>> {
    const model = await this.#models.ready(signal)
    if (!model.ok) return model
    const works = await this.#evidence.ask(signal)
    return works.ok ? ok({ model: model.value.name }) : works
  }

  async #run(
    look: Job['look'],
    signal: AbortSignal,
    onNote?: (note: unknown) => void,
  ): Promise<Result<{ model: ResolvedModel; result: unknown }, PluginError>> {
    if (signal.aborted) return err(pluginError('cancelled', 'the detection was stopped'))
    const model = await this.#models.ready(signal)
    if (!model.ok) return model
    const { threads, execution_provider } = this.#config
    const job: Job = { model: { ...model.value, threads, execution_provider }, look }
    const answer = await this.#pool.run(job, signal, onNote)
    this.#evidence.note(answer)
    return answer.ok ? ok({ model: model.value, result: answer.value }) : answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#models[Symbol.asyncDispose]()
    await this.#pool[Symbol.asyncDispose]()
    await this.#evidence[Symbol.asyncDispose]()
  }
}
