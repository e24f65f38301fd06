import type { PluginError } from '../../../contracts/errors.ts'
import { ok, type Result } from '../../../contracts/result.ts'
import { systemClock } from '../../../lib/system-clock.ts'
import { WorkerPool } from '../../../lib/worker-pool.ts'
import type { Job } from './job.ts'
import { workerEntry } from './worker-entry.ts'

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

/** Loads a model in a process of its own and runs it once. */
export async function checkModel(
  model: { readonly name: string; readonly path: string },
  signal: AbortSignal,
): Promise<Result<void, PluginError>> {
  await using pool = new WorkerPool(
    { entry: workerEntry, name: 'model check', maxWorkers: 1, idleMs: 1000 },
    { clock: systemClock, log: silent },
  )
  const job: Job = { model: { ...model, threads: 1, execution_provider: 'cpu' }, look: null }
  const answer = await pool.run(job, signal)
  return answer.ok ? ok() : answer
}
