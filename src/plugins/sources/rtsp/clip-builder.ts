import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../../../contracts/result.ts'
import { runChild } from '../../../lib/child-process.ts'
import { MP4_SOUND, type Mp4Sound } from '../../../lib/ffmpeg/arguments.ts'
import { cutClip, type ClipCut } from './clip-cut.ts'
import { PacketLineParser, type PacketLine } from './packet-lines.ts'
import type { RecordingFolder } from './recording-folder.ts'

export interface BuiltClip {
  readonly path: string
  /** Stream time of its first picture, and of the end of its last. */
  readonly startMs: number
  readonly endMs: number
}

const CLIP = 'clip.mp4'
/** Sound may go on for so long behind the last picture. */
const SOUND_TAIL_S = 0.05
/** A line of about 60 bytes for each picture of an hour at 60 a second. */
const MAX_LIST_BYTES = 32_000_000

export interface ClipSpan {
  /** Stream time of the first picture in the segments. */
  readonly firstMs: number
  /** Stream time at which the clip is to end; null: with the last picture. */
  readonly endMs: number | null
}

/**
 * Makes the segments of a recording into one MP4 that plays from its first byte. Nothing is encoded anew, and the same segments always
 * give the same bytes, so that a clip offered again after a crash is known again.
 * @returns `invalid` when the segments hold no picture, `unavailable` when the disk is full or ffmpeg is missing.
 */
export async function buildClip(
  folder: RecordingFolder,
  { firstMs, endMs }: ClipSpan,
  signal: AbortSignal,
): Promise<Result<BuiltClip, PluginError>> {
  const segments = await attempt(() => folder.segments(), toDiskError)
  if (!segments.ok) return segments
  if (segments.value.length === 0) return err(pluginError('invalid', 'the recording holds no picture'))
  const input = ['-f', 'mpegts', '-i', `concat:${segments.value.join('|')}`]
  const stream = await listPackets(folder.path, input, signal)
  if (!stream.ok) return stream
  const { codec } = stream.value
  const isTorn = await attempt(() => folder.isTorn(), toDiskError)
  if (!isTorn.ok) return isTorn
  const packets = isTorn.value ? stream.value.packets.slice(0, -1) : stream.value.packets
  // The first packet is a keyframe, and the first picture.
  const zeroMs = packets[0]?.ptsMs ?? 0
  const cut = cutClip(packets, endMs === null ? Infinity : endMs - firstMs + zeroMs)
  if (cut === null) return err(pluginError('invalid', 'the recording holds no picture'))
  const made = await remux(folder.path, { input, cut, codec, pictures: stream.value.packets.length }, signal)
  if (!made.ok) {
    // Half a clip would take the room that it needs the next time.
    await rm(join(folder.path, PART), { force: true }).catch(() => undefined)
    return made
  }
  const path = join(folder.path, CLIP)
  const named = await attempt(() => rename(join(folder.path, PART), path), toDiskError)
  if (!named.ok) return named
  const toStreamMs = (ms: number) => ms - zeroMs + firstMs
  return ok({ path, startMs: toStreamMs(cut.firstMs), endMs: toStreamMs(cut.endMs) })
}

const PART = `${CLIP}.part`
const QUIET = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-protocol_whitelist', 'file,pipe,concat']

/** A disk that does not give what is on it: what was read is not all, and may come another time. */
const DISK_TROUBLE =
  /Input\/output error|Stale file handle|Too many open files|Cannot allocate memory|Permission denied|No such file or directory|Resource temporarily unavailable/i
const NO_ROOM = /No space left on device|Disk quota exceeded|Read-only file system/i

function readTrouble(stderr: string): Result<never, PluginError> | null {
  return DISK_TROUBLE.test(stderr) ? err(pluginError('unavailable', `the recording could not be read: ${lastLine(stderr)}`)) : null
}

function lastLine(stderr: string): string {
  return stderr.split('\n').at(-1)?.slice(0, 200) ?? ''
}

async function listPackets(
  cwd: string,
  input: readonly string[],
  signal: AbortSignal,
): Promise<Result<{ readonly packets: readonly PacketLine[]; readonly codec: string }, PluginError>> {
  // With the sound: should it begin before the picture, all times are counted from there, as they are when the clip is made.
  const args = [...QUIET, ...input, '-map', '0:v:0', '-map', '0:a:0?', '-c', 'copy', '-f', 'framecrc', 'pipe:1']
  const listed = await runChild('ffmpeg', args, { signal, maxStdoutBytes: MAX_LIST_BYTES, cwd })
  if (!listed.ok) return listed
  const trouble = readTrouble(listed.value.stderr)
  if (trouble !== null) return trouble
  const parser = new PacketLineParser()
  const lines = listed.value.stdout.toString('latin1').split('\n')
  const packets = lines.map((line) => parser.parse(line)).filter((packet) => packet !== null)
  const codec = lines.map((line) => /^#codec_id 0: (\w+)/.exec(line)?.[1]).find((name) => name !== undefined) ?? ''
  return packets.length === 0 ? err(pluginError('invalid', 'the recording holds no picture')) : ok({ packets, codec })
}

interface RemuxJob {
  readonly input: readonly string[]
  readonly cut: ClipCut
  readonly codec: string
  /** In the segments. */
  readonly pictures: number
}

async function remux(cwd: string, job: RemuxJob, signal: AbortSignal): Promise<Result<void, PluginError>> {
  let said = ''
  for (const sound of MP4_SOUND) {
    const done = await runChild('ffmpeg', remuxArguments(job, sound), { signal, maxStdoutBytes: 10_000, cwd })
    if (!done.ok) return done
    said = done.value.stderr
    const trouble = readTrouble(said)
    if (trouble !== null) return trouble
    if (done.value.exitCode === 0) return ok()
    if (NO_ROOM.test(said)) break
  }
  return err(pluginError('unavailable', `the clip could not be written: ${lastLine(said)}`))
}

function remuxArguments({ input, cut, codec, pictures }: RemuxJob, sound: Mp4Sound): string[] {
  const isCut = cut.pictures < pictures
  return [
    ...QUIET,
    ...input,
    ...['-map', '0:v:0', '-c:v', 'copy', '-map_metadata', '-1'],
    ...(sound === 'none' ? [] : ['-map', '0:a:0?', '-c:a', sound]),
    ...(isCut ? ['-frames:v', String(cut.pictures), '-t', (cut.endMs / 1000 + SOUND_TAIL_S).toFixed(3)] : []),
    // Apple's players want H.265 under this name.
    ...(codec === 'hevc' ? ['-tag:v', 'hvc1'] : []),
    ...['-fflags', '+bitexact', '-movflags', '+faststart', '-f', 'mp4', '-y', PART],
  ]
}

function toDiskError(cause: unknown): PluginError {
  return pluginError('unavailable', `the recording could not be read: ${codeOf(cause) || messageOf(cause)}`, cause)
}
