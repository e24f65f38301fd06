import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { Clip } from '../src/contracts/clip.ts'
import { startRecordingApp, untilWell } from '../src/testkit/recording-app.ts'
import { memoryMegabytes } from './_report.ts'

/**
 * The app in a process of its own: `_app-process.ts <folder> <url of cam0> <url of cam1> …`. Prints `well` when all cameras deliver.
 * Answers each line of its standard input with one of figures and the clips recorded so far; ends with it.
 */
export const AppFiguresSchema = z.object({
  /** Since the line before, in milliseconds. A timer of `LOOP_RESOLUTION_MS` is included. */
  loop_delay_p99: z.number(),
  loop_delay_max: z.number(),
  /** After the garbage is gone. */
  heap_megabytes: z.number(),
  clips: z.array(z.object({ camera_name: z.string(), start_ts: z.string(), end_ts: z.string() })),
  unwell: z.array(z.string()),
})
export type AppFigures = z.infer<typeof AppFiguresSchema>

const LOOP_RESOLUTION_MS = 10

async function main([folder = '', ...urls]: readonly string[]): Promise<void> {
  const delays = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS })
  const clips: Clip[] = []
  await using app = await startRecordingApp(folder, urls)
  using _listening = app.subscribe((event) => {
    if (event.event_type === 'clip_recorded') clips.push(event.clip)
  })
  await untilWell(app)
  delays.enable()
  console.log('well')
  for await (const _line of createInterface({ input: process.stdin })) {
    const figures: AppFigures = {
      loop_delay_p99: delays.percentile(99) / 1e6,
      loop_delay_max: delays.max / 1e6,
      heap_megabytes: memoryMegabytes().heap,
      clips: clips.map(({ camera_name, start_ts, end_ts }) => ({ camera_name, start_ts, end_ts })),
      unwell: app
        .health()
        .components.filter(({ status }) => status !== 'ok')
        .map(({ name, detail }) => `${name}: ${detail}`),
    }
    delays.reset()
    console.log(JSON.stringify(figures))
  }
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2))
