import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A grey room in which now and then a large box passes, and nothing else moves enough to count. */
export interface Film {
  readonly seconds: number
  readonly fps?: number
  readonly size?: `${number}x${number}`
  /** When a box enters from the left; it takes two seconds to cross. */
  readonly boxAtS: readonly number[]
  readonly codec?: 'h264' | 'hevc'
  /** Seconds between keyframes. */
  readonly keyframeS?: number
  readonly sound?: 'aac' | 'pcm_alaw' | null
}

export const BOX_CROSSES_S = 2

/** Makes it a file. A dot walks along the top, so that every frame is unlike all others and can be told by its pixels. */
export async function makeFilm(path: string, film: Film): Promise<string> {
  const { seconds, fps = 10, size = '320x240', boxAtS, codec = 'h264', keyframeS = 1, sound = null } = film
  const [width = 0, height = 0] = size.split('x').map(Number)
  const side = Math.round(height / 3)
  const plain = (colour: string, shape: string) => `color=${colour}:s=${shape}:r=${fps}:d=${seconds}`
  const inView = boxAtS.map((at) => `if(between(t,${at},${at + BOX_CROSSES_S}),${side}+(t-${at})*${width / BOX_CROSSES_S}`).join(',')
  const boxX = boxAtS.length === 0 ? '-1000' : `${inView},0${')'.repeat(boxAtS.length)}-${side}-1`
  const dots = Math.floor(width / 5)
  const graph = [
    `${plain('gray', size)}[room]`,
    `${plain('black', `${side}x${side}`)}[box]`,
    `${plain('white', '4x4')}[dot]`,
    `[room][box]overlay=x='${boxX}':y=${side}:eval=frame[scene]`,
    `[scene][dot]overlay=x='mod(n,${dots})*5':y='4*floor(n/${dots})':eval=frame`,
  ].join(';')
  const soundIn = sound === null ? [] : ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=8000:d=${seconds}`]
  const soundOut = sound === null ? [] : ['-c:a', sound, '-ac', '1']
  const gop = String(Math.round(keyframeS * fps))
  const picture =
    codec === 'h264'
      ? ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '18', '-bf', '0', '-g', gop, '-keyint_min', gop, '-sc_threshold', '0']
      : [
          '-c:v',
          'libx265',
          '-preset',
          'ultrafast',
          '-x265-params',
          `log-level=error:bframes=0:keyint=${gop}:min-keyint=${gop}:scenecut=0:qp=18`,
        ]
  const args = ['-v', 'error', '-y', '-f', 'lavfi', '-i', graph, ...soundIn, ...picture, '-pix_fmt', 'yuv420p', ...soundOut, path]
  await run('ffmpeg', args)
  return path
}
