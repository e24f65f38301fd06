import { setTimeout as delay } from 'node:timers/promises'
import type { CameraProcess } from './camera-process.ts'

const WELL_MS = 5000
const AWAY_MS = 3000

/** A camera that loses its clients every few seconds, and every other time is out of reach for a while. */
export function flap(cameras: CameraProcess, camera: number): { /** How often it did. */ readonly stop: () => Promise<number> } {
  const stop = new AbortController()
  const pause = (ms: number) => delay(ms, undefined, { signal: stop.signal }).catch(() => undefined)
  const run = async () => {
    let times = 0
    for (;;) {
      await pause(WELL_MS)
      if (stop.signal.aborted) return times
      const isAway = times % 2 === 1
      if (isAway) await cameras.command({ camera, do: 'refuseConnections', on: true })
      await cameras.command({ camera, do: 'drop' })
      if (isAway) await pause(AWAY_MS)
      await cameras.command({ camera, do: 'refuseConnections', on: false })
      times += 1
    }
  }
  const running = run()
  return {
    stop: () => {
      stop.abort()
      return running
    },
  }
}
