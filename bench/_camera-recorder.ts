import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ok } from '../src/contracts/result.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { rtspSource } from '../src/plugins/sources/rtsp/plugin.ts'
import { memoryLogger } from '../src/testkit/memory-logger.ts'
import { built, testHost } from '../src/testkit/plugin-host.ts'

/**
 * One camera's recorder in a process of its own, so that its cost can be told: `_camera-recorder.ts <folder> <main> [<detect>]`.
 * Prints a line when the camera is well, and another, with what it recorded, when its standard input ends.
 */
const [folder = '', main = '', detect = ''] = process.argv.slice(2)
const log = memoryLogger()
const host = testHost({ log, env: { MAIN: main, DETECT: detect }, dirs: { data: folder, state: join(folder, 'state') } })
const config = { rtsp_url_env: 'MAIN', derive_detect: false, ...(detect === '' ? {} : { detect_url_env: 'DETECT' }) }

let clips = 0
const stop = new AbortController()
{
  await using source = await built(rtspSource, config, host)
  const startedMs = performance.now()
  await source.start({ accept: async () => ok({ state: 'accepted', clip_id: String((clips += 1)) }) }, stop.signal)
  while (source.health().state !== 'ok') await systemClock.sleep(50, stop.signal)
  console.log(JSON.stringify({ healthy_after_ms: performance.now() - startedMs }))
  for await (const _line of createInterface({ input: process.stdin }));
}
const recordings = log.lines.filter(({ fields }) => fields['event_type'] === 'recording_started').length
const troubles = log.lines.filter(({ level }) => level !== 'info' && level !== 'debug').map(({ message }) => message)
console.log(JSON.stringify({ recordings, clips, troubles }))
