import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Plugin, PluginCatalog } from '../src/contracts/plugin.ts'
import { ok } from '../src/contracts/result.ts'
import type { ClipSink, ClipSource } from '../src/contracts/source.ts'
import { builtinPlugins } from '../src/plugins/builtin.ts'
import { rtspSource } from '../src/plugins/sources/rtsp/plugin.ts'
import { startCameraProcess } from '../src/testkit/camera-process.ts'
import { makeFilm } from '../src/testkit/films.ts'
import { filmBeganMs, motionsBetween, type LoopedFilm } from '../src/testkit/filmed-motion.ts'
import { startRecordingApp, untilWell } from '../src/testkit/recording-app.ts'
import { median, quantile, report } from './_report.ts'

/**
 * How long after the last motion a clip is in the pipeline: cut, remuxed, probed, hashed, in the spool and in the journal, on the disk.
 * Three cameras for each keyframe interval, each of which ends its clips at another place inside of a segment.
 */
const STOP_DELAY_S = 10
const ALLOWED_S = STOP_DELAY_S + 1.5
const ROUNDS = 5
const FILM = { seconds: 16, fps: 10 }
const BOX_AT_S = [1, 1.8, 2.6]
const KEYFRAME_S = [4, 1]

interface Arrival {
  readonly camera: string
  readonly atMs: number
}

/** The real source, whose clips are timed as they are taken. */
function timed(arrivals: Arrival[]): PluginCatalog {
  const timedSink = (camera: string, sink: ClipSink): ClipSink => ({
    accept: async (file) => {
      const accepted = await sink.accept(file)
      if (accepted.ok && accepted.value.state === 'accepted') arrivals.push({ camera, atMs: Date.now() })
      return accepted
    },
  })
  const source: Plugin<'source'> = {
    ...rtspSource,
    load: async (config, host) => {
      const loaded = await rtspSource.load(config, host)
      if (!loaded.ok) return loaded
      const inner = loaded.value
      const outer: ClipSource = {
        start: (sink, signal) => inner.start(timedSink(host.instance, sink), signal),
        health: () => inner.health(),
        [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
      }
      return ok(outer)
    },
  }
  return { ...builtinPlugins, source: [source] }
}

const folder = await mkdtemp(join(tmpdir(), 'homesec-clip-latency-'))
const films: (LoopedFilm & { readonly keyframeS: number; readonly path: string })[] = []
for (const keyframeS of KEYFRAME_S) {
  for (const boxAtS of BOX_AT_S) {
    const path = join(folder, `${keyframeS}-${boxAtS}.mp4`)
    films.push({ ...FILM, boxAtS, keyframeS, path: await makeFilm(path, { ...FILM, size: '640x360', boxAtS: [boxAtS], keyframeS }) })
  }
}
await using cameras = await startCameraProcess(films.map(({ path }) => ({ streams: { main: { video: path, stamped: true } } })))
const arrivals: Arrival[] = []
const urls = cameras.cameras.map(({ urls }) => urls['main'] ?? '')
const app = await startRecordingApp(folder, urls, { catalog: timed(arrivals) })
await untilWell(app)
await delay(5000)
const fromMs = Date.now()
await delay((ROUNDS * FILM.seconds + ALLOWED_S) * 1000)
const toMs = Date.now() - (ALLOWED_S + 1) * 1000

/** Of each motion that one camera showed; null: no clip came of it. */
async function latencies(at: number): Promise<(number | null)[]> {
  const film = films[at]
  if (film === undefined) return []
  const motions = motionsBetween(await filmBeganMs(cameras, at, 'main', film), film, fromMs, toMs)
  return motions.map(({ lastMs }) => {
    const arrival = arrivals.find(({ camera, atMs }) => camera === `cam${at}` && atMs > lastMs)
    return arrival === undefined ? null : (arrival.atMs - lastMs) / 1000
  })
}

for (const keyframeS of KEYFRAME_S) {
  const of = [...films.keys()].filter((at) => films[at]?.keyframeS === keyframeS)
  const all = (await Promise.all(of.map(latencies))).flat()
  const seconds = all.filter((one) => one !== null)
  const missing = all.length - seconds.length
  const p95 = quantile(seconds, 0.95)
  report({
    name: `last motion to clip in the pipeline, p95, keyframe every ${keyframeS} s`,
    value: p95,
    unit: 's',
    limit: `≤ stop_delay_s + 1.5 = ${ALLOWED_S}`,
    pass: missing === 0 && seconds.length >= 10 && p95 <= ALLOWED_S,
    detail: `p50 ${median(seconds).toFixed(2)} s of ${seconds.length} clips of 640×360 at 10 fps, ${missing} missing`,
  })
}
await app[Symbol.asyncDispose]()
await rm(folder, { recursive: true, force: true })
