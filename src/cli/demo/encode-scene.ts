import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { childEnvironment } from '../../lib/child-environment.ts'
import { drawScene, drawStreet } from './scene.ts'

export interface SceneVideo {
  /** Where the MP4 goes; replaced if it exists. */
  readonly path: string
  readonly width?: number
  readonly height?: number
  readonly fps?: number
  readonly seconds?: number
  /** Seconds of empty street before the scene begins. Default 0. */
  readonly emptyS?: number
}

/**
 * Draws the scene frame by frame and has ffmpeg encode it (H.264, ready to play from its first byte).
 * @param signal kills ffmpeg; the file is then incomplete.
 * @returns `unavailable` where ffmpeg is missing or fails, `cancelled` when aborted.
 */
export async function encodeScene(video: SceneVideo, signal: AbortSignal): Promise<Result<void, PluginError>> {
  const { path, width = 640, height = 480, fps = 10, seconds = 12, emptyS = 0 } = video
  const child = spawn('ffmpeg', encoderArgs({ path, width, height, fps }), {
    stdio: ['pipe', 'ignore', 'pipe'],
    signal,
    env: childEnvironment(),
  })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-1000)))
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const fed = pipeline(Readable.from(sceneFrames({ width, height, fps, seconds, emptyS })), child.stdin)
  const [exit, feeding] = await Promise.allSettled([exited, fed])
  if (exit.status === 'fulfilled' && exit.value === 0 && feeding.status === 'fulfilled') return ok()
  return err(encodeError(exit.status === 'rejected' ? exit.reason : null, complaints, signal))
}

type Shape = Required<Omit<SceneVideo, 'path'>>

function* sceneFrames({ width, height, fps, seconds, emptyS }: Shape): Generator<Uint8Array> {
  const street = drawStreet(width, height)
  for (let frame = 0; frame < seconds * fps; frame += 1) yield drawScene(street, frame / fps - emptyS).pixels
}

function encoderArgs({ path, width, height, fps }: Pick<Shape, 'width' | 'height' | 'fps'> & { readonly path: string }): string[] {
  const input = ['-f', 'rawvideo', '-pixel_format', 'rgb24', '-video_size', `${width}x${height}`, '-framerate', String(fps), '-i', 'pipe:0']
  // A keyframe a second and no B-frames.
  const asCamera = ['-g', String(fps), '-bf', '0']
  const output = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-crf',
    '20',
    '-pix_fmt',
    'yuv420p',
    ...asCamera,
    '-movflags',
    '+faststart',
    '-f',
    'mp4',
  ]
  return ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...input, ...output, `file:${path}`]
}

function encodeError(cause: unknown, complaints: string, signal: AbortSignal): PluginError {
  if (signal.aborted) return pluginError('cancelled', 'drawing the demo scene was cancelled')
  if (codeOf(cause) === 'ENOENT')
    return pluginError('unavailable', 'ffmpeg is not installed, and the demo draws its video with it: apt install ffmpeg', cause)
  const lastLine = complaints.trim().split('\n').at(-1) ?? ''
  return pluginError('unavailable', `ffmpeg could not encode the demo scene: ${lastLine}`, cause)
}
