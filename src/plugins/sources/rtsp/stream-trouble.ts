/** Why a camera's stream ended, in the terms of what its owner can do. */
export const STREAM_TROUBLES = [
  'offline',
  'credentials',
  'session_limit',
  'not_found',
  'stalled',
  'disk',
  'disk_hangs',
  'output',
  'decoder',
  'no_keyframes',
  'ffmpeg_missing',
  'restart',
  'ended',
] as const
export type StreamTrouble = (typeof STREAM_TROUBLES)[number]

/** First match wins: what ffmpeg 5 to 8 says on standard error, and what it means. */
const SAYINGS: readonly (readonly [RegExp, StreamTrouble])[] = [
  [/No space left on device|Read-only file system|Input\/output error.*\.ts|Disk quota exceeded|Structure needs cleaning/i, 'disk'],
  [/(?:failed:|returned) 40[13]\b|\b401 Unauthorized|\b403 Forbidden|authorization failed/i, 'credentials'],
  [/(?:failed:|returned) (?:453|503)\b|Not Enough Bandwidth|Service Unavailable|too many (?:sessions|users|connections)/i, 'session_limit'],
  [/(?:failed:|returned) (?:404|454)\b|404 Not Found|Stream not found|400 Bad Request/i, 'not_found'],
  [
    /Connection refused|No route to host|Network is unreachable|Connection timed out|Operation timed out|Name or service not known|Temporary failure in name resolution|Failed to resolve hostname|Connection reset|Host is down|Immediate exit requested/i,
    'offline',
  ],
  [
    /Failed setup for format|hwaccel|Error while opening decoder|Could not find a valid device|can't configure decoder|Device creation failed|No device available for decoder|Failed to (?:create|initiali[sz]e).*(?:VAAPI|CUDA|QSV|device)/i,
    'decoder',
  ],
  // It ended before its first keyframe. ffmpeg then complains of the output as well.
  [/dimensions not set/i, 'ended'],
  [
    /Could not write header|Could not find tag for codec|Error initializing output stream|Error while opening encoder|incorrect codec parameters/i,
    'output',
  ],
]

/** What became of a stream, from the end of what ffmpeg said. Pure. */
export function troubleFrom(stderr: string): StreamTrouble {
  // An address may hold anything, numbers too.
  const said = stderr.replace(/\w+:\/\/\S+/g, 'ADDRESS')
  for (const [saying, trouble] of SAYINGS) if (saying.test(said)) return trouble
  return 'ended'
}

/** One sentence each: what is wrong and what to do. */
const ADVICE: Readonly<Record<StreamTrouble, string>> = {
  offline: 'the camera does not answer; is it switched on, and is its address right?',
  credentials: 'the camera refuses the user name or password; check them in the address of the stream',
  session_limit: 'the camera allows no further viewer; close other apps that watch it, or raise its limit',
  not_found: 'the camera knows no such stream; check the path in its address',
  stalled: 'the camera is connected but sends no picture; connecting again',
  disk: 'video cannot be written: the disk is full or gone; free some space or mount it. Nothing recorded is deleted',
  disk_hangs:
    'the disk takes no more video: it hangs or is too slow. Nothing recorded is deleted; recording goes on once it answers. Is it worn out, or asleep?',
  output: 'the sound or picture of this stream cannot be stored as it is; trying otherwise',
  decoder: 'the graphics device does not decode this stream; using the CPU',
  no_keyframes:
    'the camera sent no keyframe for more than a minute, so nothing can be recorded; set its keyframe (I-frame) interval to two seconds',
  ffmpeg_missing: 'ffmpeg is not installed: apt install ffmpeg',
  restart: 'connecting again',
  ended: 'the camera ended the stream; connecting again',
}

export function adviceFor(trouble: StreamTrouble): string {
  return ADVICE[trouble]
}
