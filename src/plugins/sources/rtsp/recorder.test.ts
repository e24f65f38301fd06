import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { MotionScores } from './motion/motion-score.ts'
import { Recorder, type FinishedRecording } from './recorder.ts'
import { Ring } from './ring.ts'
import { StreamClock } from './stream-clock.ts'

const POLICY = { preRollMs: 3000, stopDelayMs: 4000, maxRecordingMs: 20_000 }

/** A recorder whose camera sends a keyframe every second, on a clock that moves only when told. */
class Scene {
  readonly clock = new FakeClock()
  readonly log = memoryLogger()
  readonly finished: FinishedRecording[] = []
  readonly motion: boolean[] = []
  readonly recordings: string
  readonly ring: Ring
  readonly recorder: Recorder
  #connections = 0
  #prefix = ''
  #streamClock = new StreamClock()
  #startedMs = 0
  #segments = 0
  /** By which segments seem to last longer than they do: where pictures come unevenly, the length of the last one is a guess. */
  overlapMs = 0

  constructor() {
    const root = mkdtempSync(join(tmpdir(), 'homesec-recorder-'))
    this.recordings = join(root, 'recordings')
    mkdirSync(this.recordings)
    this.ring = new Ring(join(root, 'ring'), { keepMs: 10_000, maxBytes: 1_000_000 })
    this.recorder = new Recorder({
      ring: this.ring,
      recordings: this.recordings,
      scores: new MotionScores(60),
      policy: POLICY,
      clock: this.clock,
      log: this.log,
      finish: (recording) => this.finished.push(recording),
      onMotion: (moving) => this.motion.push(moving),
    })
  }

  async connect(): Promise<void> {
    await this.ring.begin()
    this.#connections += 1
    this.#prefix = `${this.#connections}-`
    this.#streamClock = new StreamClock()
    this.#startedMs = this.clock.monotonicMs()
    this.#segments = 0
    this.#open()
    this.recorder.begin({ prefix: this.#prefix, clock: this.#streamClock, ringIsGone: () => undefined })
  }

  /** Lets the camera send for whole seconds; in those listed (of the stream) something moves. */
  async send(seconds: number, moving: readonly number[] = []): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      for (let tenth = 0; tenth < 10; tenth += 1) {
        const ms = this.clock.monotonicMs() - this.#startedMs
        this.#streamClock.observe(ms, this.clock.monotonicMs())
        this.recorder.packet(ms)
        if (moving.includes(Math.floor(ms / 1000))) this.recorder.motion(ms, ms)
        if (tenth % 2 === 0) this.recorder.tick()
        await this.clock.advance(100)
      }
      await this.#close()
    }
    await this.recorder.idle
  }

  async lose(): Promise<void> {
    await this.recorder.end()
  }

  /** What is on the durable disk of a recording, by the numbers of its segments. */
  segmentsOf(recording: FinishedRecording | undefined): number[] {
    return readdirSync(recording?.folder.path ?? '')
      .filter((name) => name.endsWith('.ts'))
      .map((name) => Number(/-(\d+)\.ts$/.exec(name)?.[1]))
      .sort((a, b) => a - b)
  }

  get openName(): string {
    return `${this.#prefix}${String(this.#segments).padStart(6, '0')}.ts`
  }

  #open(): void {
    writeFileSync(this.ring.pathOf(this.openName), 'pictures')
  }

  async #close(): Promise<void> {
    const name = this.openName
    this.#segments += 1
    this.#open()
    const endMs = this.#segments * 1000
    this.recorder.segment({ name, startMs: endMs - 1000, endMs: endMs + this.overlapMs })
    await this.recorder.idle
  }
}

async function aScene(): Promise<Scene> {
  const scene = new Scene()
  await scene.connect()
  return scene
}

test('a clip goes from the pre-roll before the first motion to the delay after the last', async () => {
  const scene = await aScene()
  await scene.send(20, [7, 8])
  expect(scene.finished).toHaveLength(1)
  const [clip] = scene.finished
  expect(clip?.span.firstMs).toBe(4000)
  expect(clip?.span.endMs).toBe(8900 + 4000)
  // The one that was being written when the clip ended may be there too; the clip is cut before it.
  expect(scene.segmentsOf(clip).slice(0, 9)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12])
  expect(clip?.zeroMs).toBe(Date.parse('2026-01-01T00:00:00Z'))
})

test('motion is told when it begins and when it is over, also over several clips and when the line is cut', async () => {
  const scene = new Scene()
  await scene.connect()
  await scene.send(60, [...Array(40).keys()].slice(5))
  expect(scene.finished.length).toBeGreaterThan(1)
  expect(scene.motion).toEqual([true, false])
  await scene.send(5, [61, 62])
  expect(scene.motion).toEqual([true, false, true])
  await scene.recorder.end()
  expect(scene.motion).toEqual([true, false, true, false])
})

test('without motion nothing is recorded', async () => {
  const scene = await aScene()
  await scene.send(15)
  expect(scene.finished).toEqual([])
  expect(readdirSync(scene.recordings)).toEqual([])
})

test('motion in the first second has what there is before it', async () => {
  const scene = await aScene()
  await scene.send(8, [0])
  expect(scene.finished[0]?.span).toEqual({ firstMs: 0, endMs: 900 + 4000 })
})

test('a pause shorter than the delay does not end a clip', async () => {
  const scene = await aScene()
  await scene.send(20, [5, 8, 11])
  expect(scene.finished).toHaveLength(1)
  expect(scene.finished[0]?.span.endMs).toBe(11_900 + 4000)
})

test('a long one goes on in the next with the very next segment', async () => {
  const scene = await aScene()
  await scene.send(40, [...Array(28).keys()].slice(5))
  expect(scene.finished.map(({ span }) => span)).toEqual([
    { firstMs: 2000, endMs: 22_000 },
    { firstMs: 22_000, endMs: 27_900 + 4000 },
  ])
  expect(scene.segmentsOf(scene.finished[0]).at(-1)).toBe(21)
  expect(scene.segmentsOf(scene.finished[1])[0]).toBe(22)
})

test('a long one goes on with the very next segment also where segments seem to overlap', async () => {
  const scene = await aScene()
  scene.overlapMs = 30
  await scene.send(40, [...Array(28).keys()].slice(5))
  expect(scene.segmentsOf(scene.finished[0])).toEqual(Array.from({ length: 20 }, (_, n) => 2 + n))
  expect(scene.segmentsOf(scene.finished[1])[0]).toBe(22)
  expect(scene.finished[1]?.span).toEqual({ firstMs: 22_000, endMs: 27_900 + 4000 })
})

test('the clip after one shows no more of it again than the segment in which that ended', async () => {
  const scene = await aScene()
  await scene.send(25, [5, 11])
  expect(scene.finished.map(({ span }) => span)).toEqual([
    { firstMs: 2000, endMs: 9900 },
    { firstMs: 9000, endMs: 11_900 + 4000 },
  ])
})

test('when the connection is lost the clip ends with what came, and goes on as soon as it is back', async () => {
  const scene = await aScene()
  await scene.send(7, [5, 6])
  await scene.lose()
  expect(scene.finished[0]?.span).toEqual({ firstMs: 2000, endMs: null })
  await scene.clock.advance(5000)
  await scene.connect()
  await scene.send(8)
  expect(scene.finished[1]?.span).toEqual({ firstMs: 0, endMs: 4000 })
  expect(scene.finished[1]?.zeroMs).toBe(Date.parse('2026-01-01T00:00:12Z'))
})

test('a connection that was lost while all was quiet begins no clip', async () => {
  const scene = await aScene()
  await scene.send(12, [2])
  await scene.lose()
  await scene.connect()
  await scene.send(8)
  expect(scene.finished).toHaveLength(1)
})

test('a segment that could not be taken yet stays in the ring, and is taken later', async () => {
  const scene = await aScene()
  await scene.send(6, [5])
  const [folder = ''] = readdirSync(scene.recordings)
  // A file in the way of the folder: nothing can be written into it.
  rmSync(join(scene.recordings, folder), { recursive: true })
  writeFileSync(join(scene.recordings, folder), '')
  await scene.send(2, [6, 7])
  expect(scene.log.lines.filter(({ level }) => level === 'error')).not.toEqual([])
  rmSync(join(scene.recordings, folder))
  mkdirSync(join(scene.recordings, folder))
  await scene.send(8)
  expect(scene.segmentsOf(scene.finished[0])).toEqual(expect.arrayContaining([6, 7, 8, 9, 10, 11]))
  expect(basename(scene.finished[0]?.folder.path ?? '')).toBe(folder)
})
