import type { VideoCodec } from './media.ts'

/** "User data unregistered" of H.264 and H.265, with a name of our own. No byte is zero, so nothing needs to be escaped. */
const NAL_HEADER: Readonly<Record<VideoCodec, readonly number[]>> = { h264: [0x06], h265: [0x4e, 0x01] }
const USER_DATA_UNREGISTERED = 5
const NAME = Buffer.from('homesec-simulate', 'latin1')
const TRAILING_BITS = 0x80

let count = 0

/**
 * A unit that decoders ignore and that never comes twice: pictures of a real sensor are never the same, but a film that is shown again
 * would give clips of the same bytes, which HomeSec takes for one clip.
 */
export function stamp(codec: VideoCodec, nowMs: number): Buffer {
  const text = Buffer.from(`${nowMs}-${(count += 1)}-${process.pid}`, 'latin1')
  return Buffer.from([...NAL_HEADER[codec], USER_DATA_UNREGISTERED, NAME.length + text.length, ...NAME, ...text, TRAILING_BITS])
}
