import { pluginError, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { WorkerProcess } from '../lib/worker-process.ts'
import type { DeviceAddress } from './device-address.ts'
import { DeviceAnswerSchema, TALK_BEGINS, type Credentials, type DeviceAnswer, type DeviceJob } from './device-job.ts'

/** The worker beside this file: TypeScript in a checkout, JavaScript once built. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './device-worker.ts' : './device-worker.js', import.meta.url)

/** A camera answers some ten questions, most at once. */
const WHOLE_TALK_FACTOR = 3
/** On a small computer that has much to do; the device is not to blame for it. */
const WORKER_START_MS = 60_000

export interface AskOptions {
  /** null: only whether an ONVIF device is there. */
  readonly credentials: Credentials | null
  readonly answerWithinMs: number
}

/**
 * Asks a device what it is and which streams it has, in a process of its own: what a hostile or broken device answers can stall
 * the XML parser for minutes or make it throw where nobody catches, and then costs that process only.
 * A wrong user name or password is tried once.
 * @returns `rejected`, `timeout`, `unavailable`, `invalid`; `cancelled` when `signal` aborts.
 */
export async function askDevice(
  { address, port, secure, path }: DeviceAddress,
  { credentials, answerWithinMs }: AskOptions,
  signal: AbortSignal,
): Promise<Result<DeviceAnswer, PluginError>> {
  const job: DeviceJob = { address, port, secure, path, credentials, answer_within_ms: answerWithinMs }
  const worker = new WorkerProcess(WORKER)
  const late: { why: string | null } = { why: null }
  const giveUpAfter = (ms: number, why: string) =>
    setTimeout(() => {
      late.why = why
      worker.kill()
    }, ms)
  let timer = giveUpAfter(WORKER_START_MS, 'this computer was too busy to ask it')
  const answer = await worker.run(job, signal, (note) => {
    if (note !== TALK_BEGINS) return
    clearTimeout(timer)
    timer = giveUpAfter(WHOLE_TALK_FACTOR * answerWithinMs, 'it did not answer in time')
  })
  clearTimeout(timer)
  worker.kill()
  await worker.ended
  if (signal.aborted) return err(pluginError('cancelled', 'stopped'))
  if (answer === null && late.why !== null) return err(pluginError('timeout', late.why))
  if (answer === null) return err(pluginError('invalid', 'its answer cannot be read'))
  if (!answer.ok) return err(answer.error.kind === 'bug' ? pluginError('invalid', 'its answer cannot be read') : answer.error)
  const parsed = DeviceAnswerSchema.safeParse(answer.value)
  return parsed.success ? ok(parsed.data) : err(pluginError('invalid', 'its answer cannot be read'))
}
