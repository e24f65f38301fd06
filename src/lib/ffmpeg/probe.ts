import { stat } from 'node:fs/promises'
import { codeOf, messageOf, pluginError, type ErrorKind, type PluginError } from '../../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../../contracts/result.ts'
import { runChild } from '../child-process.ts'
import { firstFrameArguments, packetTimeArguments, probeArguments } from './arguments.ts'
import { durationFromPackets, parseProbeOutput, plausibleCreationTime, type ContainerFacts } from './probe-output.ts'

/** A file that is proven to be video. */
export interface VideoProbe {
  readonly duration_s: number
  /** As shown, after rotation. */
  readonly width: number
  readonly height: number
  /** Frames per second on average; 0 when the container does not say. */
  readonly fps: number
  readonly codec: string
  readonly has_audio: boolean
  /** False: players that expect MP4 need a remux first. */
  readonly is_mp4: boolean
  /** When the recording was made, UTC, as the container itself says; null when it does not or cannot be believed. */
  readonly creation_time: string | null
}

const MAX_JSON_BYTES = 1_000_000
/** About 4 million packets: a day and a half at 30 frames per second. */
const MAX_PACKET_BYTES = 100_000_000

const KIND_BY_CODE: Readonly<Record<string, ErrorKind>> = {
  ENOENT: 'invalid',
  ENOTDIR: 'invalid',
  ENAMETOOLONG: 'invalid',
  EACCES: 'rejected',
  EPERM: 'rejected',
}

/**
 * Finds out what a file is, and decodes one frame as proof.
 * @returns `invalid` with the reason for anything that is no readable video, `rejected` when it may not be read, `unavailable` when
 *   ffmpeg is missing or the disk fails, `cancelled` when `signal` aborts.
 */
export async function probeVideo(path: string, signal: AbortSignal): Promise<Result<VideoProbe, PluginError>> {
  const file = await attempt(() => stat(path), fileError)
  if (!file.ok) return file
  if (!file.value.isFile()) return unreadable('it is not a file')
  if (file.value.size === 0) return unreadable('the file is empty')

  const facts = await readContainer(path, signal)
  if (!facts.ok) return facts
  const { video } = facts.value
  if (video === null) return unreadable(facts.value.has_audio ? 'it has sound but no picture' : 'it has no video stream')

  const decoded = await decodeOneFrame(path, signal)
  if (!decoded.ok) return decoded
  const duration_s = facts.value.duration_s === null ? await measureDuration(path, signal) : ok(facts.value.duration_s)
  if (!duration_s.ok) return duration_s

  const creation_time = plausibleCreationTime(facts.value.creation_time, file.value.mtimeMs)
  const { has_audio, is_mp4 } = facts.value
  return ok({ ...video, duration_s: duration_s.value, has_audio, is_mp4, creation_time })
}

function fileError(cause: unknown): PluginError {
  const code = codeOf(cause)
  if (code === 'ENOENT') return pluginError('invalid', 'not a readable video: there is no such file', cause)
  return pluginError(KIND_BY_CODE[code] ?? 'unavailable', `the video cannot be read: ${code === '' ? messageOf(cause) : code}`, cause)
}

function unreadable(reason: string): Result<never, PluginError> {
  return err(pluginError('invalid', `not a readable video: ${reason}`))
}

async function readContainer(path: string, signal: AbortSignal): Promise<Result<ContainerFacts, PluginError>> {
  const probed = await runChild('ffprobe', probeArguments(path), { signal, maxStdoutBytes: MAX_JSON_BYTES })
  if (!probed.ok) return probed
  if (probed.value.exitCode !== 0) return unreadable(explainFfmpeg(probed.value.stderr))
  const facts = parseProbeOutput(probed.value.stdout.toString())
  return facts === null ? unreadable('ffprobe could not make sense of it') : ok(facts)
}

/** What ffmpeg says of a broken file, in the owner's words. */
export function explainFfmpeg(stderr: string): string {
  if (/moov atom not found/i.test(stderr)) return 'its index is missing, so the recording was cut off (moov atom not found)'
  if (/not on whitelist|invalid data found/i.test(stderr)) return 'its contents are no video that we know'
  return 'ffmpeg cannot decode it'
}

async function decodeOneFrame(path: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
  const decoded = await runChild('ffmpeg', firstFrameArguments(path), { signal, maxStdoutBytes: MAX_JSON_BYTES })
  if (!decoded.ok) return decoded
  return decoded.value.stdout.length > 0 ? ok() : unreadable('no picture in it can be decoded')
}

async function measureDuration(path: string, signal: AbortSignal): Promise<Result<number, PluginError>> {
  const packets = await runChild('ffprobe', packetTimeArguments(path), { signal, maxStdoutBytes: MAX_PACKET_BYTES })
  if (!packets.ok) return packets
  const duration_s = durationFromPackets(packets.value.stdout.toString('latin1'))
  return duration_s === null ? unreadable('its pictures have no times') : ok(duration_s)
}
