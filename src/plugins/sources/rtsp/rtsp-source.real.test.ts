import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll } from 'vitest'
import { testHost } from '../../../testkit/plugin-host.ts'
import { startSimulatedCamera } from '../../../testkit/simulated-camera/simulated-camera.ts'
import { sourceContract, type SourceSubject } from '../../../testkit/source-contract.ts'
import { makeVideo } from '../../../testkit/videos.ts'
import { cameraUrls } from './camera-urls.ts'
import { RtspConfigSchema } from './config.ts'
import { RtspSource } from './rtsp-source.ts'

/** Coloured bars that nothing happens before, but for a block that walks past at this height in the first two seconds. */
function scene(path: string, blockY: number | null): string {
  const steps = blockY === null ? [] : Array.from({ length: 10 }, (_, step) => [20 + step * 25, step / 5] as const)
  const boxes = steps.map(([x, s]) => `drawbox=x=${x}:y=${blockY}:w=50:h=70:c=black:t=fill:enable='gte(t,${s})*lt(t,${s}+0.2)'`)
  const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-bf', '0', '-pix_fmt', 'yuv420p']
  const options = [...(boxes.length === 0 ? [] : ['-vf', boxes.join(',')]), ...encode]
  return makeVideo(path, { size: '320x240', fps: 10, duration_s: 40, picture: 'smptehdbars', options })
}

const folder = mkdtempSync(join(tmpdir(), 'homesec-scenes-'))
let still = ''
let visits: string[] = []

beforeAll(() => {
  still = scene(join(folder, 'still.mp4'), null)
  visits = [20, 50, 80].map((y) => scene(join(folder, `visit-${y}.mp4`), y))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const CONFIG = {
  rtsp_url_env: 'CAMERA',
  stream: { io_timeout_s: 3 },
  recording: { pre_roll_s: 1, stop_delay_s: 1 },
  motion: { settle_s: 0.2 },
  reconnect: { backoff_s: 0.2, max_backoff_s: 1 },
}
/** The background must be known before something can move in it. */
const SETTLED_FRAMES = 15

async function open(): Promise<SourceSubject> {
  const camera = await startSimulatedCamera({ streams: { main: { video: still } } })
  const host = testHost({ env: { CAMERA: camera.url('main') } })
  const config = RtspConfigSchema.parse(CONFIG)
  const source = new RtspSource(config, cameraUrls(config, host.secrets), host)
  let visit = 0
  let watchedFrom: number | null = null
  return {
    source,
    async produce() {
      while (camera.sentFrames('main').length - (watchedFrom ?? Infinity) < SETTLED_FRAMES) {
        const { state } = source.health()
        if (state === 'down') throw new Error('nobody watches')
        if (state === 'ok') watchedFrom ??= camera.sentFrames('main').length
        await delay(50)
      }
      visit += 1
      await camera.switchVideo('main', visits[visit % visits.length] ?? still)
    },
    pass: () => delay(50),
    outage: {
      async begin() {
        await camera.refuseConnections(true)
        camera.drop()
      },
      async end() {
        watchedFrom = null
        await camera.refuseConnections(false)
      },
    },
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]()
      await camera[Symbol.asyncDispose]()
      rmSync(host.dirs.data, { recursive: true, force: true })
    },
  }
}

sourceContract('rtsp', open, { patienceMs: 60_000, explains: true })
