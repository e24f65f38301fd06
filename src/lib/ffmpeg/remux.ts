import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { runChild } from '../child-process.ts'
import { MP4_SOUND, remuxArguments } from './arguments.ts'
import { explainFfmpeg } from './probe.ts'

/**
 * Puts the pictures of a video into an MP4 as they are. Sound is copied if MP4 can hold it, else made AAC, else dropped.
 * `output` is replaced; after an error it may hold a part.
 * @returns `invalid` when MP4 cannot hold the pictures, `unavailable` without ffmpeg, `cancelled` when `signal` aborts.
 */
export async function remuxToMp4(path: string, output: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
  let reason = ''
  for (const sound of MP4_SOUND) {
    const done = await runChild('ffmpeg', remuxArguments(path, output, sound), { signal, maxStdoutBytes: 10_000 })
    if (!done.ok) return done
    if (done.value.exitCode === 0) return ok()
    reason = explainFfmpeg(done.value.stderr)
  }
  return err(pluginError('invalid', `it cannot be made an MP4: ${reason}`))
}
