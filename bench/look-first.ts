import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import { definePlugin, type PluginCatalog } from '../src/contracts/plugin.ts'
import type { ClipSink, ClipSource } from '../src/contracts/source.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { builtinPlugins } from '../src/plugins/builtin.ts'
import { allWell, decisionOn, startHere } from './_arrival.ts'
import { median, quantile, report } from './_report.ts'
import { withRecordedVideo } from './_with-recorded-video.ts'

/**
 * A recorder's clip begins with a pre-roll in which nobody is there yet. How much sooner is it decided when the recorder says how
 * much moved in which second? The whole app runs, with the real detector, warm; every other clip comes without motion scores.
 */
const NAME = 'decision on a clip with pre-roll'
const CLIPS = 20
const WARM_UP = 2
/** The first person comes into view in second 6 of the recording, so in second 5 of each clip. */
const FROM_SECOND = 0.8
const PRE_ROLL_S = 5
const CLIP_SECONDS = 15
const SCORES = Array.from({ length: CLIP_SECONDS }, (_, second) => (second < PRE_ROLL_S ? 0 : 3))
const never = new AbortController().signal

/** A camera whose clips are handed in by hand. */
function handFed(): { readonly catalog: PluginCatalog; readonly sink: Promise<ClipSink> } {
  let started: (sink: ClipSink) => void = () => undefined
  const sink = new Promise<ClipSink>((resolve) => (started = resolve))
  const source: ClipSource = {
    start: async (given) => started(given),
    health: () => ({ state: 'ok', detail: '', last_heartbeat: null }),
    [Symbol.asyncDispose]: async () => undefined,
  }
  const plugin = definePlugin({ kind: 'source', name: 'bench', config: z.strictObject({}), create: async () => source })
  return { catalog: { ...builtinPlugins, source: [...builtinPlugins.source, plugin] }, sink }
}

async function cutClip(video: string, path: string, n: number): Promise<string> {
  const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-an', '-metadata', `comment=${n}`]
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-ss', String(FROM_SECOND), '-i', video, '-t', String(CLIP_SECONDS), ...encode, path])
  return path
}

async function measure(folder: string, video: string, model: string): Promise<void> {
  const paths: string[] = []
  for (let n = 0; n < CLIPS + WARM_UP; n += 1) paths.push(await cutClip(video, join(folder, `${n}.mp4`), n))
  const { catalog, sink } = handFed()
  await using app = await startHere(folder, model, { source: { backend: 'bench', config: {} }, catalog })
  await allWell(app)
  const camera = await sink
  const times = { told: [] as number[], untold: [] as number[] }
  const looks = { told: 0, untold: 0 }
  for (const [n, path] of paths.entries()) {
    const kind = n % 2 === 0 ? 'told' : 'untold'
    using _listening = app.subscribe((event) => {
      if (event.event_type === 'filter_completed') looks[kind] = event.filter_result.sampled_frames
    })
    const file = { path, original_name: `${n}.mp4`, start_ts: null, end_ts: null, take: 'move' as const }
    const { ms, decision } = await decisionOn(app, async () => {
      const accepted = await camera.accept({ ...file, motion_scores: kind === 'told' ? SCORES : null })
      if (!accepted.ok || accepted.value.state !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(accepted)}`)
    })
    if (!decision.alert_decision.notify) throw new Error(`clip ${n} did not alert: ${decision.alert_decision.notify_reason}`)
    if (n >= WARM_UP) times[kind].push(ms)
    await systemClock.sleep(1_500, never) // one after another: the upload and the thumbnail are done by then
  }
  const [told, untold] = [median(times.told), median(times.untold)]
  const frames = `${looks.told} instead of ${looks.untold} frames looked at`
  const without = `without motion scores ${(untold / 1000).toFixed(2)} s p50, so ${(untold - told).toFixed(0)} ms saved`
  report({
    name: NAME,
    value: told / 1000,
    unit: 's p50',
    limit: '',
    pass: told < untold,
    detail: `${times.told.length} clips of ${CLIP_SECONDS} s, ${PRE_ROLL_S} s of them pre-roll; p90 ${(quantile(times.told, 0.9) / 1000).toFixed(2)} s; ${without}; ${frames}`,
  })
}

await withRecordedVideo(NAME, measure)
