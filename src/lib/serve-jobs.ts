import { messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import { err, type Result } from '../contracts/result.ts'
import type { JobMessage, Note } from './worker-messages.ts'

/** Does one job. `tell` lets the parent know something before the answer. */
export type Work = (job: unknown, tell: (note: unknown) => void) => Promise<Result<unknown, PluginError>>

/** The worker's side of a `WorkerPool`: answers jobs one by one until the parent is gone, however it went. */
export function serveJobs(work: Work): void {
  process.once('disconnect', () => endWithChildren())
  process.on('message', (message: JobMessage) => {
    void answer(work, message.job).then((result) => process.send?.(result))
  })
}

function tell(note: unknown): void {
  process.send?.({ note } satisfies Note)
}

async function answer(work: Work, job: unknown): Promise<Result<unknown, PluginError>> {
  try {
    const result = await work(job, tell)
    return result.ok ? result : err(pluginError(result.error.kind, result.error.message))
  } catch (cause) {
    return err(pluginError('bug', `a worker failed: ${messageOf(cause)}`))
  }
}

/** The parent may have been killed: nobody else would end our ffmpeg. We lead our process group, so its end is ours too. */
function endWithChildren(): void {
  try {
    if (process.platform !== 'win32') process.kill(-process.pid, 'SIGKILL')
  } finally {
    process.exit(1)
  }
}
