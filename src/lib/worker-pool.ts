import { setMaxListeners } from 'node:events'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import { err, type Result } from '../contracts/result.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Logger } from '../contracts/logger.ts'
import { Semaphore } from './semaphore.ts'
import { WorkerProcess, type WorkerAnswer } from './worker-process.ts'

export interface WorkerPoolOptions {
  /** The worker's module; it calls `serveJobs`. */
  readonly entry: URL
  /** What the worker is called in messages: `detection`. */
  readonly name: string
  readonly maxWorkers: number
  /** A worker without work for this long is ended, and its memory freed. */
  readonly idleMs: number
}

/**
 * Runs jobs in child processes: heavy work never touches our event loop, and a crash in native code ends a job, not the program.
 * Workers start when first needed, and are replaced when they die.
 */
export class WorkerPool implements AsyncDisposable {
  readonly #options: WorkerPoolOptions
  readonly #host: { readonly clock: Pick<Clock, 'sleep'>; readonly log: Logger }
  readonly #slots: Semaphore
  readonly #closed = new AbortController()
  readonly #idle: WorkerProcess[] = []
  readonly #all = new Set<WorkerProcess>()

  constructor(options: WorkerPoolOptions, host: { readonly clock: Pick<Clock, 'sleep'>; readonly log: Logger }) {
    this.#options = options
    this.#host = host
    this.#slots = new Semaphore(options.maxWorkers)
    setMaxListeners(0, this.#closed.signal)
  }

  /**
   * Runs one job on a free worker, waiting for one if need be. What it answers is the worker's own Result.
   * @param signal kills the worker, with all that it started, in the middle of the job.
   * @param onNote hears what the worker says before it answers.
   * @returns `unavailable` when the worker died, `cancelled` when `signal` aborts or the pool is closed.
   */
  async run(job: unknown, signal: AbortSignal, onNote: (note: unknown) => void = () => undefined): Promise<WorkerAnswer> {
    const stop = linked(signal, this.#closed.signal)
    try {
      using slot = await this.#slots.acquire(stop.signal)
      if (slot === null) return this.#cancelled()
      return await this.#runOnWorker(job, stop.signal, onNote)
    } finally {
      stop.unlink()
    }
  }

  async #runOnWorker(job: unknown, signal: AbortSignal, onNote: (note: unknown) => void): Promise<WorkerAnswer> {
    const worker = this.#idle.pop() ?? this.#start()
    const answer = await worker.run(job, signal, onNote)
    if (worker.alive) this.#rest(worker)
    if (signal.aborted) return this.#cancelled()
    if (answer !== null) return answer
    this.#host.log.warn(
      { event_type: 'worker_died', worker: this.#options.name, stderr: worker.stderr },
      'a worker died and will be replaced',
    )
    return err(pluginError('unavailable', `the ${this.#options.name} worker died`))
  }

  #start(): WorkerProcess {
    const worker = new WorkerProcess(this.#options.entry)
    this.#all.add(worker)
    void worker.ended.then(() => this.#forget(worker))
    return worker
  }

  #forget(worker: WorkerProcess): void {
    this.#all.delete(worker)
    const at = this.#idle.indexOf(worker)
    if (at !== -1) this.#idle.splice(at, 1)
  }

  #rest(worker: WorkerProcess): void {
    this.#idle.push(worker)
    const jobsDone = worker.jobsDone
    void this.#host.clock.sleep(this.#options.idleMs, this.#closed.signal).then(() => {
      if (worker.jobsDone === jobsDone && this.#idle.includes(worker)) {
        this.#forget(worker)
        worker.kill()
      }
    })
  }

  #cancelled(): Result<never, PluginError> {
    return err(pluginError('cancelled', `the ${this.#options.name} was stopped`))
  }

  /** Kills all workers; jobs under way end as `cancelled`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    const workers = [...this.#all]
    for (const worker of workers) worker.kill()
    await Promise.all(workers.map((worker) => worker.ended))
  }
}

/** Aborts when either does, without keeping anything alive on the other. */
function linked(first: AbortSignal, second: AbortSignal): { readonly signal: AbortSignal; readonly unlink: () => void } {
  const controller = new AbortController()
  const abort = () => controller.abort()
  const parents = [first, second]
  if (parents.some(({ aborted }) => aborted)) abort()
  for (const parent of parents) parent.addEventListener('abort', abort, { once: true })
  return {
    signal: controller.signal,
    unlink: () => {
      for (const parent of parents) parent.removeEventListener('abort', abort)
    },
  }
}
