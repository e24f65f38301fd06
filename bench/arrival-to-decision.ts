import { execFile } from 'node:child_process'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '../src/lib/system-clock.ts'
import { allWell, decisionOn, startHere } from './_arrival.ts'
import { median, quantile, report } from './_report.ts'
import { withRecordedVideo } from './_with-recorded-video.ts'

/**
 * What an owner feels: a finished clip is moved into the watched folder; how long until it is decided whether to alert? The whole
 * app runs, with the real detector, warm, and a person in the first second of each clip.
 */
const NAME = 'arrival to decision'
const CLIPS = 25
const WARM_UP = 2
/** A person is in view from here on for long enough. */
const FROM_SECOND = 25
const CLIP_SECONDS = 10
const never = new AbortController().signal

/** Cuts ten seconds per clip, each from a slightly other place, so that no two have the same bytes. */
async function cutClips(video: string, folder: string): Promise<string[]> {
  const paths: string[] = []
  for (let n = 0; n < CLIPS + WARM_UP; n += 1) {
    const path = join(folder, `${n}.mp4`)
    const from = (FROM_SECOND + n * 0.2).toFixed(1)
    const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-an']
    await promisify(execFile)('ffmpeg', ['-v', 'error', '-ss', from, '-i', video, '-t', String(CLIP_SECONDS), ...encode, path])
    paths.push(path)
  }
  return paths
}

async function measure(folder: string, video: string, model: string): Promise<void> {
  for (const name of ['cut', 'watched', 'storage']) await mkdir(join(folder, name))
  const clips = await cutClips(video, join(folder, 'cut'))
  await systemClock.sleep(1_500, never) // a camera's clip is seconds old when it is moved in
  await using app = await startHere(folder, model, { source: { backend: 'folder', config: { path: join(folder, 'watched') } } })
  await allWell(app)
  const times: number[] = []
  for (const [n, path] of clips.entries()) {
    const { ms, decision } = await decisionOn(app, () => rename(path, join(folder, 'watched', `${n}.mp4`)))
    if (!decision.alert_decision.notify) throw new Error(`clip ${n} did not alert: ${decision.alert_decision.notify_reason}`)
    if (n >= WARM_UP) times.push(ms)
    await systemClock.sleep(1_500, never) // one after another: the upload and the thumbnail are done by then
  }
  const p50 = median(times) / 1000
  report({
    name: NAME,
    value: p50,
    unit: 's p50',
    limit: '≤ 0.7',
    pass: p50 <= 0.7,
    detail: `${times.length} clips of ${CLIP_SECONDS} s, one after another; fastest ${Math.min(...times).toFixed(0)} ms, p90 ${quantile(times, 0.9).toFixed(0)} ms`,
  })
}

await withRecordedVideo(NAME, measure)
