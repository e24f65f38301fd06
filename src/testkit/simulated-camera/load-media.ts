import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { messageOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../../contracts/result.ts'
import { parseAdts } from './adts.ts'
import { assembleMedia, type Sound } from './assemble-media.ts'
import type { Media, VideoCodec } from './media.ts'
import { readCodecs, readStream, type FileCodecs, type FileStream } from './read-file.ts'

type Loaded = Result<Media, PluginError>

/** One copy per file and process: sixteen cameras may show the same scene. */
const kept = new Map<string, WeakRef<Media>>()
const underWay = new Map<string, Promise<Loaded>>()

/**
 * Reads a video file into memory as a camera would send it: H.264 and H.265 as they are, anything else encoded as H.264; AAC
 * and 8 kHz G.711 A-law sound as it is, other sound left out.
 * @returns `invalid` for a file that is no video, `unavailable` without ffmpeg, `cancelled` when `signal` aborts.
 */
export async function loadMedia(path: string, signal: AbortSignal): Promise<Loaded> {
  const file = await attempt(
    () => stat(path),
    (cause) => pluginError('invalid', `the video cannot be read: ${messageOf(cause)}`, cause),
  )
  if (!file.ok) return file
  const version = `${resolve(path)} ${file.value.size} ${file.value.mtimeMs}`
  const media = kept.get(version)?.deref()
  if (media !== undefined) return ok(media)
  const loading = underWay.get(version) ?? load(path, signal)
  underWay.set(version, loading)
  const loaded = await loading
  underWay.delete(version)
  if (loaded.ok) kept.set(version, new WeakRef(loaded.value))
  return loaded
}

async function load(path: string, signal: AbortSignal): Promise<Loaded> {
  const codecs = await readCodecs(path, signal)
  if (!codecs.ok) return codecs
  const codec: VideoCodec = codecs.value.video === 'hevc' ? 'h265' : 'h264'
  const video = await readStream(path, videoOutput(codecs.value.video), signal)
  if (!video.ok) return video
  const sound = await readSound(path, codecs.value.audio, signal)
  if (!sound.ok) return sound
  const media = assembleMedia(codec, video.value, sound.value)
  return media === null ? err(pluginError('invalid', 'the file has no keyframe')) : ok(media)
}

const COPIED: Readonly<Record<string, { readonly filter: string; readonly format: string }>> = {
  h264: { filter: 'h264_mp4toannexb', format: 'h264' },
  hevc: { filter: 'hevc_mp4toannexb', format: 'hevc' },
}
const ENCODE = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-bf', '0', '-force_key_frames', 'expr:gte(t,n_forced)']

function videoOutput(codec: string): Parameters<typeof readStream>[1] {
  const map = '0:V:0'
  const copied = COPIED[codec]
  if (copied === undefined) return { map, codecArguments: ENCODE, format: 'h264' }
  // Without -copytb the list would count in average frame durations, and an uneven pace would be lost.
  return { map, codecArguments: ['-c:v', 'copy', '-copytb', '1', '-bsf:v', copied.filter], format: copied.format }
}

async function readSound(path: string, audio: FileCodecs['audio'], signal: AbortSignal): Promise<Result<Sound | null, PluginError>> {
  const format = audio?.codec === 'aac' ? 'adts' : isTelephone(audio) ? 'alaw' : null
  if (format === null) return ok(null)
  const read = await readStream(path, { map: '0:a:0', codecArguments: ['-c:a', 'copy'], format }, signal)
  if (!read.ok) return read
  return format === 'adts'
    ? aacSound(read.value)
    : ok({ format: { codec: 'pcma', sampleRateHz: 8000 }, frames: telephoneFrames(read.value) })
}

function isTelephone(audio: FileCodecs['audio']): boolean {
  return audio?.codec === 'pcm_alaw' && audio.sampleRateHz === 8000 && audio.channels === 1
}

function aacSound({ bytes, frames }: FileStream): Result<Sound, PluginError> {
  const adts = parseAdts(bytes)
  if (adts?.frames.length !== frames.length) return err(pluginError('invalid', 'the AAC sound of the file cannot be read'))
  return ok({ format: adts.format, frames: adts.frames.map((frame, at) => ({ bytes: frame, shownMs: frames[at]?.shownMs ?? 0 })) })
}

const TELEPHONE_BYTES_PER_MS = 8
const TELEPHONE_FRAME_BYTES = 40 * TELEPHONE_BYTES_PER_MS

function telephoneFrames({ bytes, frames }: FileStream): Sound['frames'] {
  const firstMs = frames[0]?.shownMs ?? 0
  const starts = Array.from({ length: Math.ceil(bytes.length / TELEPHONE_FRAME_BYTES) }, (_, at) => at * TELEPHONE_FRAME_BYTES)
  return starts.map((start) => ({
    bytes: bytes.subarray(start, start + TELEPHONE_FRAME_BYTES),
    shownMs: firstMs + start / TELEPHONE_BYTES_PER_MS,
  }))
}
