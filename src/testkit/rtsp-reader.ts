import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ReadFrame {
  readonly shownMs: number
  readonly bytes: number
  readonly md5: string
}

export interface RtspReading extends AsyncDisposable {
  /** Decoded pictures as they come, in the order they are shown. */
  readonly frames: readonly ReadFrame[]
  /** Resolves when `count` are there, or when ffmpeg has ended. */
  atLeast(count: number): Promise<readonly ReadFrame[]>
  /** What ffmpeg said, once it has ended. */
  readonly ended: Promise<string>
}

const FRAME = /^0,\s*-?\d+,\s*(-?\d+),\s*\d+,\s*(\d+),\s*([0-9a-f]{32})/
const DECODED = ['-an', '-autoscale', '0', '-fps_mode', 'passthrough', '-f', 'framemd5', '-flush_packets', '1', 'pipe:1']

/** An ffmpeg that decodes a video, a file or a camera's, and tells each frame. */
export function startReading(input: string, transport: 'tcp' | 'udp' = 'tcp'): RtspReading {
  const from = input.startsWith('rtsp:') ? ['-rtsp_transport', transport, '-i', input] : ['-i', input]
  const child = spawn('ffmpeg', ['-nostdin', '-v', 'warning', ...from, '-map', '0:v:0', ...DECODED], { stdio: ['ignore', 'pipe', 'pipe'] })
  const frames: ReadFrame[] = []
  const checks = new Set<() => void>()
  const checkAll = () => {
    for (const check of checks) check()
  }
  let said = ''
  let isOver = false
  let tickMs = 0
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [, numerator, denominator] = /^#tb 0: (\d+)\/(\d+)/.exec(line) ?? []
    if (numerator !== undefined) tickMs = (1000 * Number(numerator)) / Number(denominator)
    const [, shown, bytes, md5 = ''] = FRAME.exec(line) ?? []
    if (shown !== undefined) frames.push({ shownMs: Number(shown) * tickMs, bytes: Number(bytes), md5 })
    checkAll()
  })
  const ended = once(child, 'close').then(() => {
    isOver = true
    checkAll()
    return said
  })
  return {
    frames,
    ended,
    atLeast: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (frames.length < count && !isOver) return
          checks.delete(check)
          resolve(frames)
        }
        checks.add(check)
        check()
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** All frames of a file. */
export async function readAllFrames(path: string): Promise<readonly ReadFrame[]> {
  await using reading = startReading(path)
  await reading.ended
  return reading.frames
}
