import { FilterResultSchema, type FilterResult } from '../../../contracts/detection.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { FilterOverrides, ObjectFilter } from '../../../contracts/filter.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { DetectorEvidence } from '../../../lib/detector-evidence.ts'
import { hitListener } from '../../../lib/hit-listener.ts'
import { WorkerPool } from '../../../lib/worker-pool.ts'
import type { HogConfig } from './config.ts'
import type { Job } from './job.ts'

/** The worker beside this file: TypeScript in a checkout, JavaScript once built. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './hog-worker.ts' : './hog-worker.js', import.meta.url)

export class HogFilter implements ObjectFilter {
  readonly #config: HogConfig
  readonly #pool: WorkerPool
  readonly #evidence = new DetectorEvidence((signal) => this.#run({ look: null }, signal))

  constructor(config: HogConfig, host: Pick<PluginHost, 'clock' | 'log'>) {
    this.#config = config
    this.#pool = new WorkerPool(
      { entry: WORKER, name: 'detection', maxWorkers: config.max_workers, idleMs: config.unload_after_s * 1000 },
      host,
    )
  }

  async detect(videoPath: string, overrides: FilterOverrides, signal: AbortSignal): Promise<Result<FilterResult, PluginError>> {
    const { min_confidence, min_box_h_ratio, min_hits, sample_fps, full_scan } = this.#config
    const isFull = overrides.full_scan ?? full_scan
    const job: Job = {
      look: {
        video_path: videoPath,
        min_confidence,
        min_box_h_ratio,
        min_hits,
        sample_fps: overrides.sample_fps ?? sample_fps,
        full_scan: isFull,
        look_first_s: isFull ? null : (overrides.look_first_s ?? null),
      },
    }
    const answer = await this.#run(job, signal, hitListener(overrides))
    if (!answer.ok) return answer
    const result = FilterResultSchema.safeParse(answer.value)
    return result.success ? ok(result.data) : err(pluginError('bug', 'the detection worker answered nonsense', result.error))
  }

  async ping(signal: AbortSignal): Promise<Result<{ readonly model: string }, PluginError>> {
    const works = await this.#evidence.ask(signal)
    return works.ok ? ok({ model: 'hog' }) : works
  }

  async #run(job: Job, signal: AbortSignal, onNote?: (note: unknown) => void): Promise<Result<unknown, PluginError>> {
    const answer = await this.#pool.run(job, signal, onNote)
    this.#evidence.note(answer)
    return answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
    await this.#evidence[Symbol.asyncDispose]()
  }
}
