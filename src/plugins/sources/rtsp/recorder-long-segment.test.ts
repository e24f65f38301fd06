import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { MotionScores } from './motion/motion-score.ts'
import { Recorder, type FinishedRecording } from './recorder.ts'
import { Ring } from './ring.ts'
import { StreamClock } from './stream-clock.ts'

/** A recorder on a real folder; the stream and its time are the test's. */
function openRecorder() {
  const root = mkdtempSync(join(tmpdir(), 'homesec-recorder-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const clock = new FakeClock()
  const ring = new Ring(join(root, 'ring'), { keepMs: 30_000, maxBytes: 1_000_000 })
  const finished: FinishedRecording[] = []
  const recorder = new Recorder({
    ring,
    recordings: join(root, 'recordings'),
    scores: new MotionScores(60),
    policy: { preRollMs: 1_000, stopDelayMs: 1_000, maxRecordingMs: 60_000 },
    clock,
    log: memoryLogger(),
    finish: (recording) => void finished.push(recording),
  })
  const stream = new StreamClock()
  const startMs = clock.monotonicMs()
  return {
    recorder,
    finished,
    connect: async (): Promise<void> => {
      stream.observe(0, startMs)
      await ring.begin()
      recorder.begin({ prefix: '1-', clock: stream, ringIsGone: () => undefined })
      writeFileSync(join(ring.folder, '1-000000.ts'), 'pictures')
      recorder.packet(0)
    },
    /** Lets the stream come to `ms`, with pictures but without motion. */
    until: async (ms: number): Promise<void> => {
      while (clock.monotonicMs() - startMs < ms) {
        await clock.advance(100)
        recorder.packet(clock.monotonicMs() - startMs)
        recorder.tick()
        await recorder.idle
      }
    },
  }
}

test('two clips that begin in the same long segment are kept apart, though the first is not made yet when the second begins', async () => {
  const { recorder, finished, connect, until } = openRecorder()
  await connect()
  await until(1_000)
  recorder.motion(1_000, 1_000)
  await until(2_500)
  expect(recorder.isRecording).toBe(false)
  recorder.motion(2_600, 2_600)
  await until(4_000)
  expect(finished.map(({ span }) => span)).toEqual([
    { firstMs: 0, endMs: 2_000 },
    { firstMs: 0, endMs: 3_600 },
  ])
  expect(new Set(finished.map(({ folder }) => folder.path)).size).toBe(2)
  for (const { folder } of finished) expect(await folder.segments()).toEqual(['1-000000.ts'])
})
