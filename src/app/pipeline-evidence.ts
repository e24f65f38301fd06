import { constants } from 'node:fs'
import { access, mkdir } from 'node:fs/promises'
import { codeOf, messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'

export interface PipelineEvidence {
  readonly spoolDir: string
  /** Null when the system does not say. */
  readonly freeBytes: () => Promise<number | null>
  /** Finishing the clips of an earlier run broke off. */
  readonly recoveryBrokeOff: () => boolean
}

/** Whether a clip that came now would be taken in. */
export async function askPipeline({ spoolDir, freeBytes, recoveryBrokeOff }: PipelineEvidence): Promise<Result<void, PluginError>> {
  try {
    await mkdir(spoolDir, { recursive: true })
    await access(spoolDir, constants.W_OK | constants.X_OK)
  } catch (cause) {
    const reason = codeOf(cause) || messageOf(cause)
    return err(
      pluginError('rejected', `clips cannot be taken in: ${spoolDir} cannot be written (${reason}); check its disk and permissions`),
    )
  }
  if ((await freeBytes()) === 0) return err(pluginError('unavailable', `clips cannot be taken in: the disk of ${spoolDir} is full`))
  if (recoveryBrokeOff())
    return err(pluginError('bug', 'finishing the clips of an earlier run broke off; the log says why. Restart HomeSec'))
  return ok()
}
