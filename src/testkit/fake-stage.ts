import type { ClipFact } from '../contracts/clip-events.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { Result } from '../contracts/result.ts'
import type { StageError, StageOutputs } from '../contracts/stages.ts'
import type { Stage, StageRunner } from '../core/stages/run-stage.ts'
import { Semaphore } from '../lib/semaphore.ts'
import { FakeClock } from './fake-clock.ts'
import { memoryLogger } from './memory-logger.ts'

export const STORED = { storage_uri: 'memory:clips/front_door/a.mp4', view_url: null }

/** A runner that keeps what it is told. Three tries, 100 ms backoff, no jitter. */
export function stageRunner(changes: Partial<StageRunner> = {}) {
  const clock = new FakeClock()
  const facts: ClipFact[] = []
  const exhausted: StageError[] = []
  const log = memoryLogger()
  const runner: StageRunner = {
    clock,
    log,
    retry: { maxAttempts: 3, backoffMs: 100 },
    record: (_clipId, fact) => void facts.push(fact),
    redact: (text) => text.replaceAll('s3cret', '***'),
    onExhausted: (error) => void exhausted.push(error),
    random: () => 0.5,
    ...changes,
  }
  return { runner, clock, facts, exhausted, log, events: () => facts.map(({ event_type }) => event_type) }
}

type Answer = Result<StageOutputs['upload'], PluginError>

/** An upload that gives these answers one after the other, the last one again and again. */
export function uploadStage(
  answers: readonly (Answer | (() => Promise<Answer>))[],
  changes: Partial<Stage<'upload'>> = {},
): Stage<'upload'> & { readonly calls: AbortSignal[] } {
  const calls: AbortSignal[] = []
  return {
    name: 'upload',
    plugin: 'fake',
    timeoutMs: 60_000,
    slots: new Semaphore(1),
    calls,
    attempt: async (signal) => {
      calls.push(signal)
      const answer = answers[Math.min(calls.length, answers.length) - 1]
      if (answer === undefined) throw new Error('no answer prepared')
      return typeof answer === 'function' ? answer() : answer
    },
    ...changes,
  }
}
