import { expect, test } from 'vitest'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { untilSilent } from './silence-watch.ts'

const LIMITS = { connectMs: 15_000, silenceMs: 10_000 }

/** When the verdict came, counted from dialling, with signs of life at `signsMs`. */
async function verdictAfter(signsMs: readonly number[], limits = LIMITS): Promise<[string | null, number]> {
  const clock = new FakeClock()
  const dialledMs = clock.monotonicMs()
  let last: number | null = null
  const watching = untilSilent(() => last, limits, clock, new AbortController().signal).then((verdict): [string | null, number] => [
    verdict,
    clock.monotonicMs() - dialledMs,
  ])
  for (const sign of signsMs) {
    await clock.advance(dialledMs + sign - clock.monotonicMs())
    last = clock.monotonicMs()
  }
  for (let second = 0; second < 120; second += 1) await clock.advance(1000)
  return await watching
}

test.each([
  ['a camera that never sends anything is offline', [], LIMITS, ['offline', 15_000]],
  ['a camera that stops is stalled', [1000, 8000, 17_000], LIMITS, ['stalled', 27_000]],
  ['a camera that stops soon is not waited for any longer', [1000], { connectMs: 60_000, silenceMs: 5000 }, ['stalled', 6000]],
])('%s', async (_what, signsMs, limits, verdict) => {
  expect(await verdictAfter(signsMs, limits)).toEqual(verdict)
})

test('a stream that ended is watched no more', async () => {
  const over = new AbortController()
  const watching = untilSilent(() => null, LIMITS, new FakeClock(), over.signal)
  over.abort()
  expect(await watching).toBeNull()
})
