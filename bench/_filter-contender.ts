import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { yoloFilter } from '../src/plugins/filters/yolo/plugin.ts'
import { built, testHost } from '../src/testkit/plugin-host.ts'

/**
 * One contender in a process of its own: looks at a clip some times and prints the CPU seconds that it and all its children took.
 * Children count once they have ended, so the filter is closed first.
 */
const [contender = '', clip = '', model = '', times = '1'] = process.argv.slice(2)
const FPS = 2
const SECONDS = 10
const FRAMES = 300

const ffmpeg = (...args: readonly string[]) =>
  execFileSync('ffmpeg', ['-nostdin', '-v', 'quiet', ...args, '-f', 'null', '-'], { stdio: 'ignore' })

async function bareModel(): Promise<(runs: number) => Promise<void>> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 })
  const images = new Tensor('float32', new Float32Array(3 * 416 * 416).fill(114), [1, 3, 416, 416])
  return async (runs) => {
    for (let run = 0; run < runs; run += 1) await session.run({ images })
  }
}

const contenders: Readonly<Record<string, () => Promise<void>>> = {
  /** Ours, as configured by default; an empty clip is looked at to its end. */
  async filter() {
    const host = testHost()
    mkdirSync(join(host.dirs.data, 'models'))
    copyFileSync(model, join(host.dirs.data, 'models', 'yolox_nano.onnx'))
    await using filter = await built(yoloFilter, {}, host)
    for (let time = 0; time < Number(times); time += 1) {
      const detected = await filter.detect(clip, {}, new AbortController().signal)
      if (!detected.ok || detected.value.sampled_frames !== FPS * SECONDS || detected.value.detections.length > 0) {
        throw new Error(`not an empty clip: ${JSON.stringify(detected)}`)
      }
    }
  },

  /** The least that anybody needs: ffmpeg decodes and scales once, the model runs as often. */
  async bare() {
    const run = await bareModel()
    for (let time = 0; time < Number(times); time += 1) {
      ffmpeg('-i', clip, '-vf', `fps=${FPS},scale=416:234:flags=bilinear`)
      await run(FPS * SECONDS)
    }
  },

  /**
   * `sample_fps` taken as a step: every second frame, each with a seek of its own, which decodes from the keyframe before it. One
   * ffmpeg process does all seeks, so that starting it 150 times is not counted against the pattern.
   */
  async seek() {
    const run = await bareModel()
    const list = `${clip}.ffconcat`
    const entries = Array.from({ length: FRAMES / FPS }, (_, index) => (index * FPS * SECONDS) / FRAMES)
    writeFileSync(list, `ffconcat version 1.0\n${entries.map((at) => `file ${clip}\ninpoint ${at}\noutpoint ${at + 0.02}\n`).join('')}`)
    for (let time = 0; time < Number(times); time += 1) {
      ffmpeg('-safe', '0', '-i', list, '-vf', 'scale=416:234:flags=bilinear')
      await run(entries.length)
    }
  },
}

await contenders[contender]?.()

/** Fields 14 to 17 of /proc/self/stat: user and system time of this process and of its ended children, in ticks of 10 ms. */
const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')
console.log(fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100)
