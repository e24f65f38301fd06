import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ffmpeg = (...args: readonly string[]) => run('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args])

/** As a camera encodes: a keyframe every two seconds, a steady bit rate, no B-frames. */
const camera = (rate: string) => [
  ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'main', '-pix_fmt', 'yuv420p', '-bf', '0'],
  ...['-g', '30', '-keyint_min', '30', '-sc_threshold', '0', '-b:v', rate, '-maxrate', rate, '-bufsize', rate],
]
const HEDGE_TOP = 640

/** A rough wall and a hedge in the wind, seen by a sensor that is not quite clean. Never enough to count as motion. */
export async function makeIdleScene(main: string, detect: string): Promise<void> {
  const texture = (size: string, strength: number, seed: number) =>
    `color=gray:s=${size}:r=15,format=gray,noise=alls=${strength}:allf=u:all_seed=${seed},boxblur=3:2,eq=contrast=2.5`
  const stills = [`${main}.wall.png`, `${main}.hedge.png`] as const
  await ffmpeg('-f', 'lavfi', '-i', texture('1920x1080', 60, 7), '-frames:v', '1', stills[0])
  await ffmpeg('-f', 'lavfi', '-i', texture(`1984x${1080 - HEDGE_TOP}`, 90, 9), '-frames:v', '1', stills[1])
  const shown = stills.flatMap((still) => ['-loop', '1', '-framerate', '15', '-t', '10', '-i', still])
  const graph = [
    '[0]format=yuv420p[wall]',
    '[1]format=yuv420p[hedge]',
    `[wall][hedge]overlay=x='8*sin(2*PI*t/5)-32':y=${HEDGE_TOP},noise=alls=3:allf=t:all_seed=3`,
  ]
  await ffmpeg(...shown, '-filter_complex', graph.join(';'), ...camera('4M'), main)
  await ffmpeg('-i', main, '-vf', 'scale=640:360', ...camera('500k'), detect)
}
