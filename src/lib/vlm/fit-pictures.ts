import type { LabelledFrame } from '../../contracts/analyzer.ts'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { jpegSize } from '../jpeg-size.ts'

/** What a service takes in one request. Bytes are those of base64, as they travel. */
export interface PictureLimits {
  readonly maxPictures: number
  readonly maxPictureBytes: number
  readonly maxAllBytes: number
  readonly maxSidePx: number
  /** Services that want smaller pictures when there are many. */
  readonly whenMany: { readonly over: number; readonly maxSidePx: number } | null
}

/**
 * The pictures that may be sent: those too large are left out, and of too many an even choice is kept, first and last among them. Pure.
 * @returns `invalid` when none may be sent.
 */
export function fitPictures(frames: readonly LabelledFrame[], limits: PictureLimits): Result<readonly LabelledFrame[], PluginError> {
  const sendable = frames.filter((frame) => base64Bytes(frame) <= limits.maxPictureBytes && sideOf(frame) <= limits.maxSidePx)
  for (let count = Math.min(sendable.length, limits.maxPictures); count > 0; count -= 1) {
    const chosen = evenly(sendable, count)
    if (fits(chosen, limits)) return ok(chosen)
  }
  return err(pluginError('invalid', 'the pictures are larger than the model server takes; lower `vlm.preprocessing`'))
}

function fits(frames: readonly LabelledFrame[], { maxAllBytes, whenMany }: PictureLimits): boolean {
  if (frames.reduce((total, frame) => total + base64Bytes(frame), 0) > maxAllBytes) return false
  return whenMany === null || frames.length <= whenMany.over || frames.every((frame) => sideOf(frame) <= whenMany.maxSidePx)
}

function evenly(frames: readonly LabelledFrame[], count: number): LabelledFrame[] {
  if (count === 1) return frames.slice(0, 1)
  const kept = new Set(Array.from({ length: count }, (_, index) => Math.round((index * (frames.length - 1)) / (count - 1))))
  return frames.filter((_, index) => kept.has(index))
}

function base64Bytes({ jpeg }: LabelledFrame): number {
  return Math.ceil(jpeg.byteLength / 3) * 4
}

/** What is no JPEG is left to the service to refuse. */
function sideOf({ jpeg }: LabelledFrame): number {
  const size = jpegSize(jpeg)
  return size === null ? 0 : Math.max(size.width, size.height)
}
