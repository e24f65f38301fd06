import { writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../src/lib/system-clock.ts'
import { databaseReady, startPipeline, type BenchPipeline } from './_pipeline.ts'
import { memoryMegabytes, report } from './_report.ts'

/**
 * What the pipeline itself costs per clip: real files through the real intake, journals fsynced, rows and events in the embedded
 * database; only the plugins and ffmpeg answer at once.
 */
const CLIPS = Number(process.env['BENCH_CLIPS'] ?? 20_000)
const WARM_UP = Math.min(2_000, CLIPS / 2)
const CAMERAS = ['door', 'garden', 'garage', 'street']
const MOST_UNFINISHED = 200
const never = new AbortController().signal

async function makeFiles(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const paths: string[] = []
  for (let n = 0; n < CLIPS; n += 1) {
    const path = join(folder, `${n}.mp4`)
    await writeFile(path, `clip ${n}`)
    paths.push(path)
  }
  return paths
}

/** Offers files from every camera, no faster than they are finished. */
async function feed({ pipeline }: BenchPipeline, paths: readonly string[], finished: () => number): Promise<void> {
  let next = 0
  const offer = async (camera_name: string) => {
    const sink = pipeline.intake.sinkFor({ camera_name, source_backend: 'bench' })
    for (;;) {
      const path = paths[next]
      if (path === undefined) return
      next += 1
      while (next - finished() > MOST_UNFINISHED) await systemClock.sleep(5, never)
      const accepted = await sink.accept({ path, original_name: 'x.mp4', start_ts: null, end_ts: null, take: 'link' })
      if (!accepted.ok || accepted.value.state !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(accepted)}`)
    }
  }
  await Promise.all([...CAMERAS, ...CAMERAS].map(offer))
}

async function rowsThere({ index }: BenchPipeline, clips: number, lastClip: string): Promise<void> {
  for (;;) {
    const stats = await index.queries.stats('2000-01-01T00:00:00Z', never)
    if (stats.ok && stats.value.by_status.done === clips) break
    await systemClock.sleep(50, never)
  }
  for (;;) {
    const events = await index.events.list(lastClip, 0, 100, never)
    if (events.ok && events.value.at(-1)?.event_type === 'clip_finished') return
    await systemClock.sleep(20, never)
  }
}

async function main(): Promise<void> {
  await using bench = await startPipeline()
  await databaseReady(bench.index)
  const paths = await makeFiles(join(bench.folder, 'in'))

  let finished = 0
  let lastClip = ''
  const memory: ReturnType<typeof memoryMegabytes>[] = []
  bench.pipeline.repository.subscribe((event) => {
    if (event.event_type !== 'clip_finished') return
    finished += 1
    lastClip = event.clip_id
    if (finished === WARM_UP || finished % 5_000 === 0) memory.push(memoryMegabytes())
  })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const startedMs = performance.now()
  const cpuBefore = process.cpuUsage()
  await feed(bench, paths, () => finished)
  while (finished < CLIPS) await systemClock.sleep(5, never)
  const pipelineMs = performance.now() - startedMs
  await rowsThere(bench, CLIPS, lastClip)
  const wholeMs = performance.now() - startedMs
  delay.disable()
  const cpu = process.cpuUsage(cpuBefore)
  const perSecond = (CLIPS / wholeMs) * 1000
  const p99 = delay.percentile(99) / 1e6
  const [first, last] = [memory[0], memory.at(-1)]
  const growth = first === undefined || last === undefined ? NaN : (last.rss / first.rss - 1) * 100
  const cpuMs = (cpu.user + cpu.system) / 1000 / CLIPS
  const detail = `${CLIPS} clips, database rows included; ${((CLIPS / pipelineMs) * 1000).toFixed(0)}/s without them; our CPU ${cpuMs.toFixed(2)} ms per clip`
  report({ name: 'pipeline throughput', value: perSecond, unit: 'clips/s', limit: '≥ 150', pass: perSecond >= 150, detail })
  const grown = memory.map(({ rss, heap }) => `${rss.toFixed(0)} (heap ${heap.toFixed(1)})`).join(' → ')
  report({
    name: 'pipeline memory growth',
    value: growth,
    unit: '%',
    limit: '< 10',
    pass: growth < 10,
    detail: `resident MB after gc, from clip ${WARM_UP} to ${CLIPS}: ${grown}`,
  })
  report({
    name: 'pipeline event-loop delay',
    value: p99,
    unit: 'ms p99',
    limit: '< 50',
    pass: p99 < 50,
    detail: `max ${(delay.max / 1e6).toFixed(0)} ms`,
  })
}

await main()
