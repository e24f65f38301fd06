import { execFile } from 'node:child_process'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { App } from '../src/app/run-app.ts'
import { AlertSchema } from '../src/contracts/alert.ts'
import { definePlugin, type PluginCatalog } from '../src/contracts/plugin.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { builtinPlugins } from '../src/plugins/builtin.ts'
import { YoloConfigSchema } from '../src/plugins/filters/yolo/config.ts'
import { Mosquitto, NO_MOSQUITTO, type Mailbox } from '../src/testkit/mosquitto.ts'
import { allWell, startHere } from './_arrival.ts'
import { median, quantile, report, skip } from './_report.ts'
import { withRecordedVideo } from './_with-recorded-video.ts'

/**
 * `alert.mode: instant`: the detector has a hit; how long until a subscriber of a real broker has the first alert? The whole app runs,
 * with the real detector on real film, and looks at each clip to its end (`full_scan`), so the alert competes with the search that goes
 * on. A second notifier shows pictures (Home Assistant), so its alert comes when that of the hit has been made. Each clip also has its
 * verdict, from a model that answers after a second.
 */
const NAME = 'filter hit to first MQTT alert'
const WITH_PICTURE = 'filter hit to first MQTT alert with a picture'
const CLIPS = 54
const WARM_UP = 2
const LIMIT_S = 0.3
const CLIP_SECONDS = 6
const FILM_SECONDS = 139
const PATIENCE_MS = 60_000

/** From all over the film: people come, stand and go. */
async function cutClips(video: string, folder: string): Promise<string[]> {
  const paths: string[] = []
  for (let n = 0; n < CLIPS + WARM_UP; n += 1) {
    const path = join(folder, `${n}.mp4`)
    const from = ((n * (FILM_SECONDS - CLIP_SECONDS)) / (CLIPS + WARM_UP)).toFixed(1)
    const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-an']
    await promisify(execFile)('ffmpeg', ['-v', 'error', '-ss', from, '-i', video, '-t', String(CLIP_SECONDS), ...encode, path])
    paths.push(path)
  }
  return paths
}

/** The real detector, and when it had its hits. */
function timedCatalog(hitsMs: number[]): PluginCatalog {
  const timed = definePlugin({
    kind: 'filter',
    name: 'timed-yolo',
    config: YoloConfigSchema,
    create: async (config, host) => {
      const { YoloFilter } = await import('../src/plugins/filters/yolo/yolo-filter.ts')
      const yolo = new YoloFilter(config, host)
      return {
        detect: (path, overrides, signal) => {
          const onHit: typeof overrides.onHit = (soFar) => {
            hitsMs.push(performance.now())
            overrides.onHit?.(soFar)
          }
          return yolo.detect(path, { ...overrides, onHit }, signal)
        },
        ping: (signal) => yolo.ping(signal),
        [Symbol.asyncDispose]: () => yolo[Symbol.asyncDispose](),
      }
    },
  })
  return { ...builtinPlugins, filter: [...builtinPlugins.filter, timed] }
}

async function finished(app: App, deliver: () => Promise<void>): Promise<void> {
  let done: () => void = () => undefined
  const finishes = new Promise<void>((resolve) => (done = resolve))
  using _listening = app.subscribe((event) => {
    if (event.event_type === 'clip_finished') done()
  })
  await deliver()
  const over = new AbortController()
  const late = systemClock.sleep(PATIENCE_MS, over.signal).then(() => 'late')
  const outcome = await Promise.race([finishes, late])
  over.abort()
  if (outcome === 'late') throw new Error(`a clip was not finished within ${PATIENCE_MS} ms`)
}

async function measure(folder: string, video: string, model: string): Promise<void> {
  for (const name of ['cut', 'watched']) await mkdir(join(folder, name))
  const clips = await cutClips(video, join(folder, 'cut'))
  await using broker = await Mosquitto.start()
  await using plain = await broker.subscribe('homecam/alerts/#')
  await using pictured = await broker.subscribe('pictured/#')
  const hitsMs: number[] = []
  await using app = await startHere(folder, model, {
    source: { backend: 'folder', config: { path: join(folder, 'watched'), stability_s: 0.3, poll_s: 0.3 } },
    catalog: timedCatalog(hitsMs),
    changes: {
      alert: { mode: 'instant' },
      filter: { backend: 'timed-yolo', config: { model, full_scan: true } },
      vlm: { backend: 'mock', config: { delay_ms: 1000 } },
      notifiers: [
        { backend: 'mqtt', config: { host: 'localhost', port: broker.port } },
        {
          name: 'pictured',
          backend: 'mqtt',
          config: { host: 'localhost', port: broker.port, topic_template: 'pictured/{camera_name}', home_assistant: {} },
        },
      ],
    },
  })
  await allWell(app)
  const [times, picturedTimes]: [number[], number[]] = [[], []]
  for (const [n, path] of clips.entries()) {
    hitsMs.length = 0
    await finished(app, () => rename(path, join(folder, 'watched', `${n}.mp4`)))
    const [hitMs] = hitsMs
    if (hitMs === undefined) continue // nobody was in view
    const arrivedMs = [await firstOf(plain), await firstOf(pictured)]
    if (n < WARM_UP) continue
    times.push((arrivedMs[0] ?? NaN) - hitMs)
    picturedTimes.push((arrivedMs[1] ?? NaN) - hitMs)
  }
  if (times.length < 40) throw new Error(`only ${times.length} clips had a hit`)
  tellOf(NAME, times, LIMIT_S)
  tellOf(WITH_PICTURE, picturedTimes, null)
}

/** How many messages of each mailbox were looked at. */
const seen = new WeakMap<Mailbox, number>()

/** When the first alert of the clip that was just finished came; its verdict came after it. */
async function firstOf(mailbox: Mailbox): Promise<number> {
  const from = seen.get(mailbox) ?? 0
  await mailbox.atLeast(from + 2)
  const messages = mailbox.messages.slice(from)
  const stages = messages.map(({ payload }) => AlertSchema.parse(JSON.parse(payload)).stage).join()
  if (stages !== 'first,verdict') throw new Error(`a clip was told as ${stages}`)
  seen.set(mailbox, from + messages.length)
  return messages[0]?.arrivedMs ?? NaN
}

/** @param limitS null: no promise, since what ffmpeg needs for one picture is the machine's business. */
function tellOf(name: string, times: readonly number[], limitS: number | null): void {
  const p95 = quantile(times, 0.95) / 1000
  const spread = `${times.length} clips, each scanned to its end; p50 ${median(times).toFixed(0)} ms, slowest ${Math.max(...times).toFixed(0)} ms`
  report({
    name,
    value: p95,
    unit: 's p95',
    limit: limitS === null ? '' : `≤ ${limitS}`,
    pass: limitS === null || p95 <= limitS,
    detail: limitS === null ? spread : `${(p95 / limitS).toFixed(2)} × the limit; ${spread}`,
  })
}

if (NO_MOSQUITTO === null) await withRecordedVideo(NAME, measure)
else skip(NAME, NO_MOSQUITTO)
