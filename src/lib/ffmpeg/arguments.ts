import { resolve } from 'node:path'

/**
 * The containers cameras write. Anything else is no video to us: playlists, concat scripts and subtitles could make ffmpeg open
 * other files, raw streams have no times.
 */
const DEMUXERS = 'mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,dhav'

/** Of these, the ones that know where their keyframes are: a seek in the others may land behind what it was to show. */
const SEEKABLE_DEMUXERS = 'mov,matroska'

/** How every file is opened: no network, no playlists, and a name that can be neither an option nor a protocol. */
export function inputArguments(path: string, demuxers = DEMUXERS): string[] {
  return ['-protocol_whitelist', 'file,pipe', '-format_whitelist', demuxers, '-i', `file:${resolve(path)}`]
}

const QUIET = ['-nostdin', '-hide_banner', '-loglevel', 'error']
/** The first real video stream: `V` leaves out cover pictures. */
const VIDEO_ONLY = ['-map', '0:V:0']

export function probeArguments(path: string): string[] {
  const entries = [
    'format=format_name,duration,start_time:format_tags=creation_time',
    'stream=codec_type,codec_name,width,height,avg_frame_rate,r_frame_rate',
    'stream_disposition=attached_pic:stream_tags=rotate:stream_side_data=rotation',
  ]
  return ['-hide_banner', '-loglevel', 'error', '-show_entries', entries.join(':'), '-of', 'json', ...inputArguments(path)]
}

/** From the most to the least that MP4 may hold of the sound. */
export const MP4_SOUND = ['copy', 'aac', 'none'] as const
export type Mp4Sound = (typeof MP4_SOUND)[number]

/** The same pictures in an MP4 that plays from its first byte. */
export function remuxArguments(path: string, output: string, sound: Mp4Sound): string[] {
  const audio = sound === 'none' ? ['-an'] : ['-map', '0:a:0?', '-c:a', sound]
  return [
    ...QUIET,
    ...inputArguments(path),
    ...VIDEO_ONLY,
    '-c:v',
    'copy',
    ...audio,
    '-movflags',
    '+faststart',
    '-f',
    'mp4',
    '-y',
    `file:${resolve(output)}`,
  ]
}

/** Decodes one frame and prints one grey pixel of it: proof that there is a picture. */
export function firstFrameArguments(path: string): string[] {
  return [...QUIET, ...inputArguments(path), ...VIDEO_ONLY, '-frames:v', '1', '-vf', 'scale=1:1,format=gray', '-f', 'rawvideo', 'pipe:1']
}

/** Walks all packets without decoding: one `pts,duration` line each. */
export function packetTimeArguments(path: string): string[] {
  const entries = ['-select_streams', 'V:0', '-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0']
  return ['-hide_banner', '-loglevel', 'error', ...entries, ...inputArguments(path)]
}

export interface FrameSampling {
  readonly sampleFps: number
  /** Size in pixels that frames are fitted into. */
  readonly width: number
  readonly height: number
  /** `contain` keeps the shape of the picture, `stretch` does not. */
  readonly fit: 'contain' | 'stretch'
}

/** Some of the samples of a video, counted from 0. */
export interface SampleSpan {
  readonly first: number
  /** Null: to the end. */
  readonly count: number | null
}

/**
 * The frame shown at every `1 / sampleFps` seconds of the span, as PPM pictures (each says its own size) one after another. A span
 * that begins later is sought, and comes to nothing in a container where that is not exact.
 */
export function sampleArguments(path: string, sampling: FrameSampling, { first, count }: SampleSpan): string[] {
  // From one sample earlier, since the frame that is shown at a second may have begun before it.
  const seekS = Math.max(0, first - 1) / sampling.sampleFps
  const filters = [
    `fps=fps=${sampling.sampleFps}:round=up:start_time=${first / sampling.sampleFps - seekS}`,
    `scale=w=${sampling.width}:h=${sampling.height}${sampling.fit === 'contain' ? ':force_original_aspect_ratio=decrease' : ''}:flags=bilinear`,
    'format=rgb24',
  ]
  const input = first === 0 ? inputArguments(path) : ['-ss', seekS.toFixed(6), ...inputArguments(path, SEEKABLE_DEMUXERS)]
  const end = count === null ? [] : ['-frames:v', String(count)]
  // Passed on as the filter made them: a span does not begin at 0, and ffmpeg would fill the time before it with copies.
  const output = [...end, '-fps_mode', 'passthrough', '-c:v', 'ppm', '-f', 'image2pipe', 'pipe:1']
  return [...QUIET, ...input, ...VIDEO_ONLY, '-vf', filters.join(','), ...output]
}

export interface JpegShape {
  /** Longest side in pixels; smaller pictures stay as they are. */
  readonly maxSize: number
  /** 1 (worst) to 100 (best). */
  readonly quality: number
}

/** Frame times on descriptor 3, as `pts_time:…` lines, in the order of the pictures on standard output. */
const PRINT_TIMES = 'metadata=mode=add:key=picked:value=1,metadata=mode=print:file=pipe\\\\:3'

/**
 * Picks, in one pass that ends with the last of them, the first frame at or after each of `seconds`, which ascend.
 * @param seekS decoding begins at the keyframe before this second, at most the first of `seconds`. Null: at the start, in any container.
 */
export function jpegArguments(path: string, seconds: readonly number[], shape: JpegShape, seekS: number | null): string[] {
  const picks = seconds.map((second) => `gte(t,${second})*not(gte(prev_t,${second}))`).join('+')
  const input =
    seekS === null
      ? inputArguments(path)
      : ['-ss', seekS.toFixed(6), '-copyts', '-start_at_zero', ...inputArguments(path, SEEKABLE_DEMUXERS)]
  return [
    ...QUIET,
    ...input,
    ...VIDEO_ONLY,
    '-vf',
    `select='${picks}',${PRINT_TIMES},${jpegScale(shape)}`,
    '-frames:v',
    String(seconds.length),
    ...toJpegs(shape),
  ]
}

/** All frames of the last `tail_s` seconds. */
export function lastFramesArguments(path: string, tail_s: number, shape: JpegShape): string[] {
  const filters = `${PRINT_TIMES},${jpegScale(shape)}`
  return [
    ...QUIET,
    '-sseof',
    String(-tail_s),
    '-copyts',
    '-start_at_zero',
    ...inputArguments(path),
    ...VIDEO_ONLY,
    '-vf',
    filters,
    ...toJpegs(shape),
  ]
}

function jpegScale(shape: JpegShape): string {
  return `scale=w='min(${shape.maxSize},iw)':h='min(${shape.maxSize},ih)':force_original_aspect_ratio=decrease:out_range=full,format=yuvj420p`
}

function toJpegs(shape: JpegShape): string[] {
  return ['-fps_mode', 'passthrough', '-q:v', String(jpegQscale(shape.quality)), '-c:v', 'mjpeg', '-f', 'image2pipe', 'pipe:1']
}

/** ffmpeg's scale runs from 2 (best) to 31 (worst). */
export function jpegQscale(quality: number): number {
  return Math.round(31 - ((Math.min(Math.max(quality, 1), 100) - 1) / 99) * 29)
}
