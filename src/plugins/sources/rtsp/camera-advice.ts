import type { Decoder } from './hwaccel.ts'
import type { RtspConfig } from './config.ts'
import type { ProbedStream } from './probe-stream.ts'
import { adviceFor, type StreamTrouble } from './stream-trouble.ts'

/** How the pictures of a stream follow one another. */
export interface StreamPace {
  readonly fps: number
  readonly kbitPerS: number
  /** The longest time between two keyframes that was seen; null when no two were. */
  readonly keyframeS: number | null
  readonly watchedS: number
  readonly hasBFrames: boolean
}

export type DetectFinding =
  | { readonly state: 'none' }
  | { readonly state: 'refused'; readonly trouble: StreamTrouble; readonly isGuessed: boolean }
  | { readonly state: 'used' | 'too_large'; readonly stream: ProbedStream; readonly isGuessed: boolean }

export interface CameraFindings {
  readonly main: ProbedStream
  readonly pace: StreamPace | null
  readonly allowsSecondSession: boolean
  readonly detect: DetectFinding
  readonly decoder: Decoder
  readonly wantedDecoder: RtspConfig['stream']['hwaccel']
  readonly preRollS: number
}

/** A clip begins and goes on in the next one at a keyframe only. */
const LONGEST_KEYFRAME_S = 4
const MUCH_TO_DECODE = 1280 * 720

/** What to change in the camera or the configuration, most useful first. Pure. */
export function adviceOn(found: CameraFindings): string[] {
  return [...onKeyframes(found), ...onDetect(found), ...onCodec(found), ...onDecoder(found)]
}

function onKeyframes({ pace }: CameraFindings): string[] {
  if (pace === null) return ['too few pictures came to tell how often the camera makes a keyframe; try again, and look at its network']
  const seen = pace.keyframeS ?? pace.watchedS
  if (seen <= LONGEST_KEYFRAME_S) return []
  const frames = Math.max(1, Math.round(pace.fps * 2))
  return [
    `set the keyframe (I-frame) interval of the camera to ${frames} frames, which is 2 s, and switch off "smart" or "+" codecs: clips can begin only at a keyframe, now up to ${Math.ceil(seen)} s too early`,
  ]
}

function onDetect({ detect, main, allowsSecondSession }: CameraFindings): string[] {
  const isLarge = main.width * main.height > MUCH_TO_DECODE
  if (detect.state === 'none')
    return isLarge
      ? [
          'switch on a second, small stream in the camera (about 640×360 at 5 to 10 pictures a second) and name it in detect_url_env: it spares most of the CPU',
        ]
      : []
  if (detect.state === 'too_large') {
    const { width, height } = detect.stream
    return [`the second stream is ${width}×${height}, too large to spare anything; set it to about 640×360 in the camera`]
  }
  if (detect.state === 'refused' && !detect.isGuessed) return [`the stream of detect_url_env does not work: ${adviceFor(detect.trouble)}`]
  if (detect.state === 'refused' && isLarge)
    return ['no second stream was found at the usual address; name it in detect_url_env, if the camera has one: it spares most of the CPU']
  if (detect.state === 'used' && !allowsSecondSession)
    return ['the camera allows one session only: set derive_detect to false, or raise its number of viewers']
  return []
}

function onCodec({ main, pace }: CameraFindings): string[] {
  const advice: string[] = []
  if (main.video_codec === 'mjpeg') advice.push('switch the camera to H.264: MJPEG takes many times the room')
  else if (main.video_codec !== 'h264' && main.video_codec !== 'hevc') advice.push('switch the camera to H.264 or H.265')
  else if (main.video_codec === 'hevc')
    advice.push('H.265 clips do not play in every browser and phone; switch to H.264 if yours show none')
  if (pace?.hasBFrames === true) advice.push('switch off B-frames in the camera (profile Baseline or Main): they only delay the pictures')
  return advice
}

function onDecoder({ decoder, wantedDecoder }: CameraFindings): string[] {
  if (wantedDecoder === 'none' || decoder !== 'none') return []
  return [
    `no graphics device can be used for stream.hwaccel: ${wantedDecoder} here; the CPU decodes. Its driver may be missing, or /dev/dri not be readable`,
  ]
}
