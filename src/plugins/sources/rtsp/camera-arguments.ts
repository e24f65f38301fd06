import type { Hwaccel } from './config.ts'
import { GREY_SIZE } from './grey-size.ts'

/** How sound is kept in the ring: as it is, as AAC where the ring cannot hold it, or not at all. */
export type RingSound = 'copy' | 'aac' | 'none'

export interface InputPlan {
  readonly url: string
  readonly transport: 'tcp' | 'udp'
  readonly ioTimeoutMs: number
  /** Whether pictures are dated by the camera or by their arrival. */
  readonly dating: 'camera' | 'arrival'
  /** Wall clock when the connection is begun, from which times of arrival are counted. */
  readonly nowMs: number
  readonly hwaccel: Exclude<Hwaccel, 'auto'>
  /** Codec of the video, as far as it is known: some devices want to be told. */
  readonly codec: string | null
}

export interface RecordPlan extends InputPlan {
  readonly sound: RingSound
  /** Pictures per second that are decoded for motion; null when another stream is watched for it. */
  readonly motionFps: number | null
  /** Name of the segments up to their number. */
  readonly prefix: string
}

/** Descriptors of the recording child: grey frames, packets, closed segments, times of the grey frames. */
export const PIPES = { frames: 1, packets: 3, segments: 4, frameTimes: 5 } as const

const QUIET = ['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'info']
/** Only what RTSP needs: an address can never make ffmpeg open a file. */
const PROTOCOLS = 'rtp,srtp,tcp,udp,tls,crypto'
/** Pictures are held back for at most so long to sort them in with sound that may never come. */
const INTERLEAVE_US = 500_000
/** Every keyframe may end a segment: short segments lose less, and a clip begins nearer to where it should. */
const LEAST_SEGMENT_S = 0.5

/**
 * RTP tells when a picture is shown, not when it is to be decoded. With B-frames ffmpeg works that out, but not for the first picture,
 * and then refuses to write it. Nor does it know when the first picture is shown, and guesses a picture late: the time of the second
 * one, which players then leave out. A connection's time begins at 0.
 */
const SHOWN = 'if(eq(PTS,NOPTS),if(eq(PREV_OUTDTS,NOPTS),0,DTS+DURATION),PTS)'
const DECODED =
  'if(eq(DTS,NOPTS),if(eq(PREV_OUTDTS,NOPTS),PTS-0.01/TB,PREV_OUTDTS+1),if(eq(PTS,NOPTS)*eq(PREV_OUTDTS,NOPTS),min(DTS,0),DTS))'
const FIRST_TIMES = ['-bsf:v', `setts=pts='${SHOWN}':dts='${DECODED}'`]
/** So many pictures later one is told of: where it ends is known when the next begins, and `setts` keeps one back to look ahead. */
export const TOLD_LATE_BY = 2

/** One decoding thread: a camera needs no more, and threads hold pictures back. */
const ONE_THREAD = ['-threads', '1', '-filter_threads', '1']
/**
 * Raw pictures too would be encoded on several threads, each handed out only when the next one comes: at five a second, 0.2 s late. A
 * replay is left to that: there pictures come in a rush, and their times had better be ahead of them.
 */
const AT_ONCE = ['-threads', '1']
/**
 * Smoothing the edges of blocks is a fifth of all decoding, and nobody sees these pictures: scaled down they differ by less than a grey
 * level on average. Keyframes are smoothed all the same, so that what is left of the edges does not grow from one to the next.
 */
const ROUGH = ['-skip_loop_filter', 'nokey']

function inputOf({ url, transport, ioTimeoutMs, dating, nowMs, hwaccel, codec }: InputPlan): string[] {
  return [
    ...ONE_THREAD,
    ...ROUGH,
    ...decoderOf(hwaccel, codec),
    '-protocol_whitelist',
    PROTOCOLS,
    '-rtsp_transport',
    transport,
    // Microseconds. Older names of this option are ignored for RTSP since ffmpeg 5.
    '-timeout',
    String(Math.round(ioTimeoutMs * 1000)),
    // It begins as soon as it knows the stream, mostly at once. But a camera that does not announce its picture in advance is known only
    // by its first keyframe, which may be seconds away.
    ...['-analyzeduration', '10000000', '-probesize', '5000000', '-fpsprobesize', '0'],
    // Counted from 1970 on, the first picture, whose time is a guess, would be half a century before the second.
    ...(dating === 'arrival' ? ['-use_wallclock_as_timestamps', '1', '-itsoffset', String(-nowMs / 1000)] : []),
    // One time for all outputs, the camera's own; shifted ones come out differently for each.
    ...['-copyts', '-i', url],
  ]
}

function decoderOf(hwaccel: InputPlan['hwaccel'], codec: string | null): string[] {
  if (hwaccel === 'none') return []
  if (hwaccel !== 'v4l2m2m') return ['-hwaccel', hwaccel]
  // Not a hardware accelerator to ffmpeg but a decoder of its own, one for each codec.
  return codec === 'h264' || codec === 'hevc' ? ['-c:v', `${codec}_v4l2m2m`] : []
}

/** Reads a camera once: segments into the folder it runs in, a line for each packet, and, if asked for, small grey frames. */
export function recordArguments(plan: RecordPlan): string[] {
  const sound = plan.sound === 'none' ? [] : ['-map', '0:a:0?', '-c:a', plan.sound]
  return [
    ...QUIET,
    ...inputOf(plan),
    ...['-map', '0:v:0', ...sound, '-c:v', 'copy', ...FIRST_TIMES, '-max_interleave_delta', String(INTERLEAVE_US)],
    // So that the times in the list are those of the packets.
    ...['-avoid_negative_ts', 'disabled'],
    ...['-f', 'segment', '-segment_time', String(LEAST_SEGMENT_S), '-segment_format', 'mpegts'],
    // Flushed after each packet: what was received survives, and a clip can end in the middle of a segment.
    ...['-segment_format_options', 'flush_packets=1:mpegts_flags=+initial_discontinuity'],
    ...['-segment_list', `pipe:${PIPES.segments}`, '-segment_list_type', 'csv', `${plan.prefix}%06d.ts`],
    // Nobody reads this pipe any more once we are gone, which ends ffmpeg too.
    ...['-map', '0:v:0', '-c', 'copy', ...FIRST_TIMES, '-f', 'framecrc', `pipe:${PIPES.packets}`],
    ...(plan.motionFps === null ? [] : [...AT_ONCE, ...greyOutput(plan.motionFps, PIPES.frameTimes)]),
  ]
}

/** Only decodes: grey frames of another stream. Its times mean nothing to the recorded one, so they are not told. */
export function watchArguments(plan: InputPlan, fps: number): string[] {
  return [...QUIET, ...inputOf(plan), ...AT_ONCE, ...greyOutput(fps, null)]
}

/** Decodes what is written to it, which is the ring: grey frames, with their times on descriptor 3. */
export function replayArguments(fps: number): string[] {
  const input = ['-probesize', '500000', '-analyzeduration', '500000', '-protocol_whitelist', 'pipe', '-f', 'mpegts', '-i', 'pipe:0']
  return [...QUIET, ...ONE_THREAD, ...ROUGH, ...input, ...greyOutput(fps, 3)]
}

/** At most `fps` frames a second are let through before anything is done to them; none is ever repeated. */
function greyOutput(fps: number, timesPipe: number | null): string[] {
  const { width, height } = GREY_SIZE
  const gap = (0.95 / fps).toFixed(4)
  const filters = [
    `select='isnan(prev_selected_t)+gte(t-prev_selected_t,${gap})+lt(t,prev_selected_t)'`,
    `scale=w=${width}:h=${height}:flags=area`,
    'format=gray',
    ...(timesPipe === null ? [] : ['metadata=mode=add:key=seen:value=1', `metadata=mode=print:file=pipe\\\\:${timesPipe}:direct=1`]),
  ]
  // Written directly: a picture is one piece, which wakes us up once.
  const raw = ['-c:v', 'rawvideo', '-avioflags', 'direct', '-f', 'rawvideo', 'pipe:1']
  return ['-map', '0:v:0', '-vf', filters.join(','), '-fps_mode', 'passthrough', ...raw]
}
