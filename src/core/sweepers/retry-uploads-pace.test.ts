import { stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { pluginError, type ErrorKind } from '../../contracts/errors.ts'
import { err, ok } from '../../contracts/result.ts'
import { aClipState } from '../../testkit/clip-states.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { Semaphore } from '../../lib/semaphore.ts'
import { digestOf } from '../clips/clip-index.ts'
import { storageKeys } from '../stages/storage-keys.ts'
import { sweepUploads, type UploadDebtDeps } from './retry-uploads.ts'

const FIRST_DELAY_MS = 1000

/** One clip whose upload always fails; counts the tries. */
function failing(kind: ErrorKind): { readonly deps: UploadDebtDeps; readonly clock: FakeClock; readonly tries: () => number } {
  const clock = new FakeClock()
  const state = aClipState({ finished_at: '2026-01-01T00:01:00.000Z' })
  let tries = 0
  const deps: UploadDebtDeps = {
    index: { owing: () => [digestOf(state)] },
    repository: {
      get: () => state,
      read: async () => ok(null),
      hold: async () => ({ ok: true, value: { [Symbol.dispose]: () => undefined } }),
      record: () => undefined,
    },
    storage: { delete: async () => ok(), locate: (key) => ok(`memory:${key}`) },
    keys: storageKeys('clips', null),
    runner: {
      clock,
      log: memoryLogger(),
      retry: { maxAttempts: 3, backoffMs: 1 },
      record: () => undefined,
      redact: (text) => text,
      onExhausted: () => undefined,
      random: () => 0.5,
    },
    stages: {
      upload: () => ({
        name: 'upload',
        plugin: 'local',
        timeoutMs: 60_000,
        slots: new Semaphore(1),
        attempt: async () => {
          tries += 1
          return err(pluginError(kind, 'no'))
        },
      }),
    },
    artifacts: {
      thumbnail: async () => null,
      noPicture: () => undefined,
      keepThumbnail: async () => undefined,
      keepAnalysis: async () => undefined,
    },
    openFile: async () => ({ path: '', notFetched: null, [Symbol.asyncDispose]: async () => undefined }),
    clock,
    firstDelayMs: FIRST_DELAY_MS,
  }
  return { deps, clock, tries: () => tries }
}

/** In steps: a try may look at the real disk, which knows nothing of our clock, so after each step we wait behind it. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5000) {
    await clock.advance(5000)
    await stat('/')
    await clock.advance(0)
  }
}

test.each(['unavailable', 'invalid'] as const)(
  'an upload that keeps failing as %s is tried less and less often, and never given up',
  async (kind) => {
    const { deps, clock, tries } = failing(kind)
    await using _sweeper = sweepUploads(deps)
    await pass(clock, 600_000)
    const inTheFirstTenMinutes = tries()
    expect(inTheFirstTenMinutes).toBeGreaterThan(3)
    expect(inTheFirstTenMinutes).toBeLessThan(15)
    await pass(clock, 3_600_000)
    expect(tries()).toBeGreaterThan(inTheFirstTenMinutes)
  },
)
