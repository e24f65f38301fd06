import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { startChild } from '../child-process.ts'
import { sampleArguments, type FrameSampling } from './arguments.ts'
import { PpmSplitter, type RgbPicture } from './ppm-stream.ts'
import { explainFfmpeg } from './probe.ts'

export interface SampledFrame extends RgbPicture {
  /** Seconds from the start of the video. */
  readonly second: number
}

/**
 * Shows `look` the frames of a video at `sampleFps`, in one decoding pass, one at a time, until it says `stop`; ffmpeg is killed
 * then. A frame's bytes are only good until `look` settles.
 * @returns how many frames were looked at, at least one; `invalid` for a file in which nothing can be decoded, `unavailable` when
 *   ffmpeg is missing or was killed, `cancelled` when `signal` aborts. What `look` throws comes through as a rejection.
 */
export async function scanFrames(
  path: string,
  sampling: FrameSampling,
  look: (frame: SampledFrame) => Promise<'more' | 'stop'>,
  signal: AbortSignal,
): Promise<Result<number, PluginError>> {
  const child = startChild('ffmpeg', sampleArguments(path, sampling), signal)
  child.extra.resume()
  const splitter = new PpmSplitter()
  let seen = 0
  const lookAt = async (chunk: Buffer): Promise<'more' | 'stop'> => {
    for (const picture of splitter.push(chunk)) {
      const verdict = await look({ ...picture, second: seen / sampling.sampleFps })
      seen += 1
      if (verdict === 'stop' || signal.aborted) return 'stop'
    }
    return 'more'
  }
  let atEnd = false
  try {
    atEnd = (await lookAtAll(child.stdout, lookAt)) === 'more'
  } finally {
    if (!atEnd) child.kill()
  }
  const ended = await child.ended
  if (!ended.ok) return ended
  if (!atEnd) return ok(seen)
  if (ended.value.exitCode === null) return err(pluginError('unavailable', 'ffmpeg was killed while it read the video'))
  if (seen === 0) return err(pluginError('invalid', `not a readable video: ${explainFfmpeg(ended.value.stderr)}`))
  return ok(seen)
}

async function lookAtAll(chunks: AsyncIterable<Buffer>, lookAt: (chunk: Buffer) => Promise<'more' | 'stop'>): Promise<'more' | 'stop'> {
  for await (const chunk of chunks) {
    if ((await lookAt(chunk)) === 'stop') return 'stop'
  }
  return 'more'
}
