import { runChild } from '../lib/child-process.ts'
import { makeVideo } from './videos.ts'

export interface FilmShape {
  readonly size?: string
  readonly fps?: number
  readonly duration_s?: number
  /** Pictures from one keyframe to the next. */
  readonly gop?: number
}

/** What a clip shows, as far as it can be decoded. */
export interface SeenClip {
  /** Place of each picture in the film, in the order shown; -1: a picture that the film does not have. */
  readonly pictures: readonly number[]
  /** What a decoder complained of; empty: the clip plays from its first picture to its last. */
  readonly complaints: string
  /** From its first picture to its last. */
  readonly seconds: number
}

/** A film in which something always moves and no two pictures are alike: a clip of it tells which pictures it has. */
export class Film {
  readonly path: string
  readonly fps: number
  readonly #placeByHash: ReadonlyMap<string, number>

  private constructor(path: string, fps: number, placeByHash: ReadonlyMap<string, number>) {
    this.path = path
    this.fps = fps
    this.#placeByHash = placeByHash
  }

  /** @throws when ffmpeg is missing. */
  static async make(path: string, { size = '320x240', fps = 10, duration_s = 60, gop = 10 }: FilmShape = {}): Promise<Film> {
    const keyframes = ['-g', String(gop), '-keyint_min', String(gop), '-sc_threshold', '0', '-bf', '0']
    const options = ['-c:v', 'libx264', '-preset', 'ultrafast', ...keyframes, '-pix_fmt', 'yuv420p']
    makeVideo(path, { size, fps, duration_s, picture: 'testsrc2', options })
    const { hashes } = await decode(path)
    const placeByHash = new Map(hashes.map((hash, place) => [hash, place]))
    if (placeByHash.size !== hashes.length) throw new Error('two pictures of the film are alike')
    return new Film(path, fps, placeByHash)
  }

  get length(): number {
    return this.#placeByHash.size
  }

  async see(clip: string): Promise<SeenClip> {
    const { hashes, complaints, seconds } = await decode(clip)
    return { pictures: hashes.map((hash) => this.#placeByHash.get(hash) ?? -1), complaints, seconds }
  }
}

/** Whether each picture is followed by the very next one. */
export function isUnbroken(pictures: readonly number[]): boolean {
  return pictures.length > 0 && pictures.every((place, at) => place >= 0 && (at === 0 || place === (pictures[at - 1] ?? NaN) + 1))
}

const GIVE_UP_MS = 60_000

interface Decoded extends Omit<SeenClip, 'pictures'> {
  readonly hashes: readonly string[]
}

async function decode(path: string): Promise<Decoded> {
  const args = ['-v', 'error', '-i', path, '-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'framemd5', 'pipe:1']
  const signal = AbortSignal.timeout(GIVE_UP_MS)
  const ran = await runChild('ffmpeg', args, { signal, maxStdoutBytes: 50_000_000 })
  if (!ran.ok) throw new Error(ran.error.message)
  const text = ran.value.stdout.toString('latin1')
  const [, count = 0, per = 1] = (/^#tb 0: (\d+)\/(\d+)/m.exec(text) ?? []).map(Number)
  // Stream, time of decoding, time of showing, duration, bytes, hash.
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const cells = lines.map((line) => line.split(',').map((cell) => cell.trim()))
  const ticks = Number(cells.at(-1)?.[2] ?? 0) - Number(cells[0]?.[2] ?? 0)
  const { exitCode, stderr } = ran.value
  return {
    hashes: cells.map((line) => line.at(-1) ?? ''),
    complaints: exitCode === 0 ? stderr : `ended with ${exitCode}: ${stderr}`,
    seconds: (ticks * count) / per,
  }
}
