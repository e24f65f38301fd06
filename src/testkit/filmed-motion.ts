import { BOX_CROSSES_S } from './films.ts'
import { z } from 'zod'
import type { CameraProcess } from './camera-process.ts'

/** A film of `src/testkit/films.ts` in which one box passes, shown again and again. */
export interface LoopedFilm {
  readonly seconds: number
  readonly fps: number
  readonly boxAtS: number
}

/** Wall clock of the first and the last picture with the box in it. */
export interface FilmedMotion {
  readonly firstMs: number
  readonly lastMs: number
}

const Frame = z.object({ index: z.number(), round: z.number(), sceneAtMs: z.number() })
const SentSchema = z.tuple([Frame], Frame)

/** When the film was shown from its beginning for the first time, by what the camera sent. */
export async function filmBeganMs(cameras: CameraProcess, camera: number, stream: string, { seconds, fps }: LoopedFilm): Promise<number> {
  const [{ index, round, sceneAtMs }] = SentSchema.parse(await cameras.command({ camera, do: 'sentFrames', stream }))
  return sceneAtMs - (round * seconds + index / fps) * 1000
}

/** Every passing of the box that lies whole between two moments. */
export function motionsBetween(beganMs: number, { seconds, fps, boxAtS }: LoopedFilm, fromMs: number, toMs: number): FilmedMotion[] {
  const motions: FilmedMotion[] = []
  const lastS = (Math.ceil((boxAtS + BOX_CROSSES_S) * fps) - 1) / fps
  for (let round = 0; beganMs + round * seconds * 1000 < toMs; round += 1) {
    const atMs = (inFilmS: number) => beganMs + (round * seconds + inFilmS) * 1000
    const motion = { firstMs: atMs(boxAtS), lastMs: atMs(lastS) }
    if (motion.firstMs >= fromMs && motion.lastMs <= toMs) motions.push(motion)
  }
  return motions
}

export interface RecordedSpan {
  readonly start_ts: string
  readonly end_ts: string
}

/** Clips and pictures are dated by two clocks that count milliseconds. */
const ROUNDING_MS = 20

/** The motions that no clip shows from their first to their last picture. */
export function missedMotions(motions: readonly FilmedMotion[], clips: readonly RecordedSpan[]): readonly FilmedMotion[] {
  const spans = clips.map(({ start_ts, end_ts }) => [Date.parse(start_ts), Date.parse(end_ts)] as const)
  return motions.filter(
    ({ firstMs, lastMs }) => !spans.some(([startMs, endMs]) => startMs <= firstMs + ROUNDING_MS && endMs >= lastMs - ROUNDING_MS),
  )
}
