import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeVideo, testData } from '../src/testkit/videos.ts'
import { median, report, skip } from './_report.ts'

/** What looking at an empty clip costs, against the least that is possible and against a seek per frame. */
const NAMES = ['CPU of the filter ÷ bare decoding and inference', 'CPU of a seek per frame ÷ the filter'] as const

/** CPU seconds per clip. The cost of starting is in both runs and drops out of their difference. */
function cpuPerClip(contender: string, clip: string, model: string, { rounds, clips } = { rounds: 3, clips: 3 }): number {
  const cpu = (times: number) => {
    const args = ['--import', 'tsx', join(import.meta.dirname, '_filter-contender.ts'), contender, clip, model, String(times)]
    return Number(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim())
  }
  return median(Array.from({ length: rounds }, () => (cpu(1 + clips) - cpu(1)) / clips))
}

function run(model: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'homesec-bench-filter-'))
  try {
    // Grey with the noise of a sensor, and a keyframe every two seconds, as cameras send it.
    const options = ['-vf', 'noise=alls=6:allf=t', '-c:v', 'libx264', '-preset', 'veryfast', '-g', '60', '-pix_fmt', 'yuv420p']
    const clip = makeVideo(join(folder, 'empty.mp4'), { size: '1920x1080', fps: 30, duration_s: 10, picture: 'color', options })
    const filter = cpuPerClip('filter', clip, model)
    const bare = cpuPerClip('bare', clip, model)
    const seek = cpuPerClip('seek', clip, model, { rounds: 1, clips: 1 })
    const seconds = `filter ${filter.toFixed(2)} s, bare ${bare.toFixed(2)} s, seek per frame ${seek.toFixed(2)} s per 10 s clip of 1080p30`
    report({ name: NAMES[0], value: filter / bare, unit: '×', limit: '≤ 1.25', pass: filter / bare <= 1.25, detail: seconds })
    report({ name: NAMES[1], value: seek / filter, unit: '×', limit: '≥ 8', pass: seek / filter >= 8, detail: seconds })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const model = testData('models/yolox_nano.onnx')
if (process.platform !== 'linux') for (const name of NAMES) skip(name, 'CPU times are read from /proc')
else if (model === null) for (const name of NAMES) skip(name, 'the test data is absent')
else run(model)
