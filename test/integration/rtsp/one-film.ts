import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { Film } from '../../../src/testkit/footage.ts'
import { CameraRig, STREAM, type RigOptions } from './camera-rig.ts'
import { footprint, type Footprint } from './fault-report.ts'

/** Pictures from one that is whole to the next, in all these films. */
export const GOP = 10

export interface OneFilm {
  /** There from the first test on. */
  readonly film: () => Film
  /** A camera that shows it, and its recorder. */
  readonly openRig: (config?: RigOptions['config']) => Promise<CameraRig>
  /** What came of it, once all is recorded. */
  readonly found: (rig: CameraRig) => Promise<Footprint>
}

/** A film that all tests of a file record. */
export function oneFilm(duration_s: number): OneFilm {
  const folder = mkdtempSync(join(tmpdir(), 'homesec-film-'))
  let made: Film | null = null
  beforeAll(async () => {
    made = await Film.make(join(folder, 'film.mp4'), { duration_s })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const film = () => {
    if (made === null) throw new Error('there is no film outside of tests')
    return made
  }
  return {
    film,
    openRig: (config = {}) => CameraRig.open({ camera: { streams: { [STREAM]: { video: film().path } } }, config }),
    async found(rig) {
      await rig.drain()
      return footprint(film(), rig.clips, rig.sent())
    },
  }
}
