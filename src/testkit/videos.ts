import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Where the recorded test material lies; null where it is absent, and tests that need it skip. */
export function testData(path: string): string | null {
  const file = join(process.env['HOMESEC_TEST_DATA'] ?? resolve(import.meta.dirname, '../../../shared/data'), path)
  return existsSync(file) ? file : null
}

const ffmpeg = (...args: readonly string[]) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args], { stdio: 'pipe' })
const toMp4 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'] as const

export interface VideoShape {
  readonly size?: string
  readonly fps?: number
  readonly duration_s?: number
  /** A source of ffmpeg's `lavfi`. */
  readonly picture?: string
  /** More output options. */
  readonly options?: readonly string[]
}

/** Makes a small real video. */
export function makeVideo(path: string, shape: VideoShape = {}): string {
  const { size = '64x48', fps = 10, duration_s = 3, picture = 'testsrc', options = toMp4 } = shape
  ffmpeg('-f', 'lavfi', '-i', `${picture}=s=${size}:r=${fps}:d=${duration_s}`, ...options, path)
  return path
}

/** Files that arrive as clips and are none, and how they came to be. Each must be `invalid`. */
export const BROKEN_VIDEOS: Readonly<Record<string, (folder: string) => string>> = {
  'an empty file': (folder) => written(join(folder, 'empty.mp4'), ''),
  'a text file': (folder) => written(join(folder, 'text.mp4'), 'this is no video\n'.repeat(500)),
  'a recording that was cut off': (folder) => {
    const whole = readFileSync(makeVideo(join(folder, 'whole.mp4')))
    return written(join(folder, 'cut.mp4'), whole.subarray(0, whole.length / 2))
  },
  'a sound recording': (folder) => {
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'aac', join(folder, 'sound.mp4'))
    return join(folder, 'sound.mp4')
  },
  'a playlist that names another file': (folder) => {
    copyFileSync(makeVideo(join(folder, 'other.ts'), { options: [...toMp4, '-f', 'mpegts'] }), join(folder, 'other2.ts'))
    return written(join(folder, 'list.mp4'), '#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:3,\nother.ts\n#EXT-X-ENDLIST\n')
  },
  'a video without a single picture': (folder) => {
    const whole = readFileSync(makeVideo(join(folder, 'blank.mp4')))
    const data = whole.indexOf('mdat') + 4
    return written(
      join(folder, 'blank.mp4'),
      Buffer.concat([whole.subarray(0, data), Buffer.alloc(whole.length - data - indexSize(whole)), tail(whole)]),
    )
  },
}

const indexSize = (mp4: Buffer) => mp4.length - mp4.lastIndexOf('moov') + 4
const tail = (mp4: Buffer) => mp4.subarray(mp4.length - indexSize(mp4))

function written(path: string, content: string | Uint8Array): string {
  writeFileSync(path, content)
  return path
}
