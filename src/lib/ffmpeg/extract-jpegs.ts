import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { runChild } from '../child-process.ts'
import { jpegArguments, lastFramesArguments, type JpegShape } from './arguments.ts'
import { parseFrameTimes, splitJpegs } from './jpeg-stream.ts'
import { whyNoPicture } from './why-no-picture.ts'

export interface JpegFrame {
  /** The frame's own time in the video. */
  readonly second: number
  readonly jpeg: Uint8Array
}

export interface JpegRequest extends JpegShape {
  readonly seconds: readonly number[]
}

const MAX_BYTES = 256_000_000
/** Frames are picked by their own times, so the seek may be as early as it likes, and never late. */
const SEEK_AHEAD_S = 1
/** How far before the end we look for the last frame; cameras in the dark go down to a frame in some seconds. */
const TAILS_S = [2, 30]

/**
 * Takes pictures out of a video in one decoding pass: for each wanted second the frame shown then, or the next. In time order;
 * seconds that fall on the same frame give it once; seconds past the end give the last frame.
 * @returns `invalid` for a file that is no readable video, `unavailable` without ffmpeg or when this machine fails it, `cancelled` when
 * `signal` aborts.
 */
export async function extractJpegs(
  path: string,
  request: JpegRequest,
  signal: AbortSignal,
): Promise<Result<readonly JpegFrame[], PluginError>> {
  const seconds = [...new Set(request.seconds.map((second) => Math.max(0, second)))].sort((a, b) => a - b)
  const latest = seconds.at(-1)
  if (latest === undefined) return ok([])
  const frames = await framesAt(path, seconds, request, signal)
  if (!frames.ok) return frames
  if ((frames.value.at(-1)?.second ?? -1) >= latest) return frames

  const last = await lastFrame(path, request, signal)
  if (!last.ok) return last
  const known = frames.value.at(-1)?.second ?? -1
  if (last.value !== null && last.value.second > known) return ok([...frames.value, last.value])
  if (frames.value.length === 0) return err(pluginError('invalid', 'not a readable video: no picture in it can be decoded'))
  return frames
}

/** Far into a video it begins near the first wanted second, where the container knows the way. */
async function framesAt(
  path: string,
  seconds: readonly number[],
  shape: JpegShape,
  signal: AbortSignal,
): Promise<Result<JpegFrame[], PluginError>> {
  const seekS = (seconds[0] ?? 0) - SEEK_AHEAD_S
  if (seekS > 0) {
    const sought = await runForFrames(jpegArguments(path, seconds, shape, seekS), signal)
    const isThere = sought.ok && sought.value.length > 0
    if (isThere || signal.aborted) return sought
  }
  return runForFrames(jpegArguments(path, seconds, shape, null), signal)
}

/** Null when there is none near the end. */
async function lastFrame(path: string, shape: JpegShape, signal: AbortSignal): Promise<Result<JpegFrame | null, PluginError>> {
  for (const tail_s of TAILS_S) {
    const frames = await runForFrames(lastFramesArguments(path, tail_s, shape), signal)
    if (!frames.ok) return frames
    const last = frames.value.at(-1)
    if (last !== undefined) return ok(last)
  }
  return ok(null)
}

async function runForFrames(args: readonly string[], signal: AbortSignal): Promise<Result<JpegFrame[], PluginError>> {
  const ran = await runChild('ffmpeg', args, { signal, maxStdoutBytes: MAX_BYTES })
  if (!ran.ok) return ran
  const pictures = splitJpegs(ran.value.stdout)
  const times = parseFrameTimes(ran.value.extra.toString('latin1'))
  if (pictures.length === 0 && ran.value.exitCode !== 0) return err(whyNoPicture(ran.value))
  return ok(
    pictures.flatMap((jpeg, index) => {
      const second = times[index]
      return second === undefined ? [] : [{ second, jpeg }]
    }),
  )
}
