import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { startChild } from '../child-process.ts'
import { sampleArguments, type FrameSampling, type SampleSpan } from './arguments.ts'
import { PpmSplitter, type RgbPicture } from './ppm-stream.ts'
import { explainFfmpeg } from './probe.ts'

export interface SampledFrame extends RgbPicture {
  /** Seconds from the start of the video. */
  readonly second: number
}

export type Look = (frame: SampledFrame) => Promise<'more' | 'stop'>

export interface Video {
  readonly path: string
  /** Where to look first; what lies before it comes after the end. Null: from the start to the end. */
  readonly lookFirstS: number | null
}

interface Scan {
  readonly path: string
  readonly sampling: FrameSampling
  readonly span: SampleSpan
}

interface Looked {
  readonly frames: number
  readonly stopped: boolean
  /** What ffmpeg complained of. */
  readonly complaint: string
}

const WHOLE: SampleSpan = { first: 0, count: null }

/**
 * Shows `look` the frames of a video at `sampleFps`, each once, one at a time, until it says `stop`; ffmpeg is killed then. All in
 * one decoding pass, or in two when it is to look somewhere first. A frame's bytes are only good until `look` settles.
 * @returns how many frames were looked at, at least one; `invalid` for a file in which nothing can be decoded, `unavailable` when
 *   ffmpeg is missing or was killed, `cancelled` when `signal` aborts. What `look` throws comes through as a rejection.
 */
export async function scanFrames(
  { path, lookFirstS }: Video,
  sampling: FrameSampling,
  look: Look,
  signal: AbortSignal,
): Promise<Result<number, PluginError>> {
  let frames = 0
  // Rounded first: 0.7 × 10 is a little less than 7.
  const first = Math.floor(Math.round((lookFirstS ?? 0) * sampling.sampleFps * 1000) / 1000)
  if (first > 0) {
    const ahead = await scanSpan({ path, sampling, span: { first, count: null } }, look, signal)
    if (!ahead.ok) return ahead
    if (ahead.value.stopped) return ok(ahead.value.frames)
    frames = ahead.value.frames
  }
  // Nothing there: past the end, or in a container that cannot be sought. Then as if nobody had said where to look.
  const rest = await scanSpan({ path, sampling, span: frames === 0 ? WHOLE : { first: 0, count: first } }, look, signal)
  if (!rest.ok) return rest
  frames += rest.value.frames
  return frames === 0 ? err(pluginError('invalid', `not a readable video: ${rest.value.complaint}`)) : ok(frames)
}

async function scanSpan({ path, sampling, span }: Scan, look: Look, signal: AbortSignal): Promise<Result<Looked, PluginError>> {
  const child = startChild('ffmpeg', sampleArguments(path, sampling, span), signal)
  child.extra.resume()
  const splitter = new PpmSplitter()
  let frames = 0
  const lookAt = async (chunk: Buffer): Promise<'more' | 'stop'> => {
    for (const picture of splitter.push(chunk)) {
      const verdict = await look({ ...picture, second: (span.first + frames) / sampling.sampleFps })
      frames += 1
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
  if (atEnd && ended.value.exitCode === null) return err(pluginError('unavailable', 'ffmpeg was killed while it read the video'))
  return ok({ frames, stopped: !atEnd, complaint: explainFfmpeg(ended.value.stderr) })
}

async function lookAtAll(chunks: AsyncIterable<Buffer>, lookAt: (chunk: Buffer) => Promise<'more' | 'stop'>): Promise<'more' | 'stop'> {
  for await (const chunk of chunks) {
    if ((await lookAt(chunk)) === 'stop') return 'stop'
  }
  return 'more'
}
