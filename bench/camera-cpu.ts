import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { startCameraProcess } from '../src/testkit/camera-process.ts'
import { startBareFfmpeg, type BareJob } from './_bare-ffmpeg.ts'
import { makeIdleScene } from './_idle-scene.ts'
import { cpuSecondsOf, processTree } from './_process-tree.ts'
import { report } from './_report.ts'

/**
 * What an idle camera costs, against bare ffmpeg doing the same with the same stream at the same time. Cameras, recorder and rivals are
 * processes of their own; counted is user and system time of each with its children, once all of them are well under way.
 */
const START_UP_MS = 20_000
const WINDOW_S = 90
const FPS = 5
const LIMIT = 1.15

const SessionsSchema = z.object({ peak: z.number(), total: z.number() })
const UrlsSchema = z.object({ main: z.string(), detect: z.string() })
const HealthySchema = z.object({ healthy_after_ms: z.number() })
const RecordedSchema = z.object({ recordings: z.number(), clips: z.number(), troubles: z.array(z.string()) })

interface Measured {
  readonly ours: number
  readonly bare: readonly number[]
  readonly megabytes: { readonly node: number; readonly ffmpeg: number }
  readonly healthyAfterMs: number
  /** Ours alone: the most at one time, and how many were opened in all. */
  readonly sessions: { readonly peak: number; readonly total: number }
}

const folder = await mkdtemp(join(tmpdir(), 'homesec-camera-cpu-'))
const [main, detect] = [join(folder, 'main.mp4'), join(folder, 'detect.mp4')]
await makeIdleScene(main, detect)

type Rivals = (url: Readonly<Record<'main' | 'detect', string>>) => readonly BareJob[]

async function measure(streams: readonly ('main' | 'detect')[], rivals: Rivals): Promise<Measured> {
  await using cameras = await startCameraProcess([{ streams: { main: { video: main }, detect: { video: detect } } }])
  const url = UrlsSchema.parse(cameras.cameras[0]?.urls)
  const args = ['--import', 'tsx', join(import.meta.dirname, '_camera-recorder.ts'), await mkdtemp(join(folder, 'ours-'))]
  const recorder = spawn(process.execPath, [...args, ...streams.map((stream) => url[stream])], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: recorder.stdout })[Symbol.asyncIterator]()
  const nextLine = async () => JSON.parse(String((await lines.next()).value)) as unknown
  const { healthy_after_ms } = HealthySchema.parse(await nextLine())
  const bare = rivals(url).map((job) => startBareFfmpeg(job, folder))
  await delay(START_UP_MS)
  const cpu = [recorder, ...bare].map(cpuOf)
  await delay(WINDOW_S * 1000)
  const [ours = 0, ...theirs] = [recorder, ...bare].map((child, at) => cpuOf(child) - (cpu[at] ?? 0))
  const megabytes = { node: memoryOf(recorder, 'node'), ffmpeg: memoryOf(recorder, 'ffmpeg') }
  const { peak, total } = SessionsSchema.parse(await cameras.command({ camera: 0, do: 'sessions' }))

  recorder.stdin.end()
  const { recordings, clips, troubles } = RecordedSchema.parse(await nextLine())
  if (recordings + clips + troubles.length > 0) throw new Error(`the camera was not idle: ${[recordings, ...troubles].join(', ')}`)
  for (const child of bare) if (!child.kill()) throw new Error('a bare ffmpeg has ended by itself')
  const sessions = { peak: peak - bare.length, total: total - bare.length }
  return { ours, bare: theirs, megabytes, healthyAfterMs: healthy_after_ms, sessions }
}

function cpuOf(child: ChildProcess): number {
  return cpuSecondsOf(processTree(pidOf(child)))
}

function memoryOf(child: ChildProcess, name: string): number {
  const processes = processTree(pidOf(child)).filter((one) => one.name === name)
  return processes.reduce((sum, { rssMegabytes }) => sum + rssMegabytes, 0)
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('a process did not start')
  return pid
}

const percent = (cpuSeconds: number) => `${((100 * cpuSeconds) / WINDOW_S).toFixed(2)} %`

function reportRatio(name: string, value: number, detail: string): void {
  report({ name, value, unit: 'x', limit: `≤ ${LIMIT}`, pass: value <= LIMIT, detail })
}

function reportRest(name: string, { sessions, megabytes, healthyAfterMs }: Measured, allowed: number): void {
  const pass = sessions.peak === allowed && sessions.total === allowed
  const detail = `${sessions.total} opened in all; RSS ${megabytes.node.toFixed(0)} MB Node.js, ${megabytes.ffmpeg.toFixed(0)} MB ffmpeg`
  report({ name: `RTSP sessions of ${name}`, value: sessions.peak, unit: '', limit: `= ${allowed}`, pass, detail })
  report({ name: `from start to well, ${name}`, value: healthyAfterMs / 1000, unit: 's', limit: '', pass: true, detail: '' })
}

/** Decoding without the loop filter is ours alone; what it would save the rival is told beside. */
const ROUGH = ['-skip_loop_filter', 'nokey']

const one = await measure(['main'], (url) => [
  { url: url.main, copies: true, fps: FPS },
  { url: url.main, copies: true, fps: FPS, decoding: ROUGH },
])
const [plain = NaN, rough = NaN] = one.bare
const withRough = `with our ${ROUGH.join(' ')} it would need ${percent(rough)}, ${(one.ours / rough).toFixed(2)} x`
reportRatio(
  'CPU of an idle 1080p15 camera ÷ bare ffmpeg',
  one.ours / plain,
  `${percent(one.ours)} of a core against ${percent(plain)}; ${withRough}`,
)
reportRest('a camera', one, 1)

const two = await measure(['main', 'detect'], (url) => [
  { url: url.main, copies: true, fps: null },
  { url: url.detect, copies: false, fps: FPS },
  { url: url.main, copies: true, fps: FPS },
])
const [copying = NaN, decoding = NaN, whole = NaN] = two.bare
reportRatio(
  'the same with a 640×360 detect stream ÷ bare ffmpeg',
  two.ours / whole,
  `${percent(two.ours)} of a core against ${percent(whole)} for decoding the main stream`,
)
// Of so little, what looks at the pictures is a third. Told without a limit: it is what there is to save.
report({
  name: 'the same ÷ two bare ffmpeg, one for each stream',
  value: two.ours / (copying + decoding),
  unit: 'x',
  limit: '',
  pass: true,
  detail: `against ${percent(copying)} for copying and ${percent(decoding)} for decoding`,
})
reportRest('a camera with a detect stream', two, 2)
await rm(folder, { recursive: true, force: true })
