import type { ClipFact } from '../contracts/clip-events.ts'
import type { Clock } from '../contracts/clock.ts'
import { isRetryable, messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import { attempt, err, type Result } from '../contracts/result.ts'
import type { StageError, StageName, StageOutcome, StageOutputs } from '../contracts/stages.ts'
import { orAborted, startDeadline } from '../lib/deadline.ts'
import { withLogContext } from '../lib/log-context.ts'
import { retryDelayMs, type RetryPolicy } from '../lib/retry.ts'
import type { Semaphore } from '../lib/semaphore.ts'
import { STAGE_FACTS } from './stage-facts.ts'

export interface Stage<N extends StageName> {
  readonly name: N
  /** The plugin's name; for `notify` the notifier's. */
  readonly plugin: string
  readonly timeoutMs: number
  readonly slots: Semaphore
  readonly attempt: (signal: AbortSignal) => Promise<Result<StageOutputs[N], PluginError>>
}

export interface StageRunner {
  readonly clock: Clock
  readonly log: Logger
  readonly retry: RetryPolicy
  readonly record: (clipId: string, fact: ClipFact) => void
  /** Takes secrets out of text before it is stored or logged. */
  readonly redact: (text: string) => string
  /** Hears of every stage that failed for good. */
  readonly onExhausted: (error: StageError) => void
  /** In [0, 1); spreads retries. */
  readonly random: () => number
}

export interface StageTarget {
  readonly clip_id: string
  /** Attempts already made in an earlier life of the clip; numbering goes on from there. */
  readonly attemptsBefore: number
}

/** Asked to wait longer than this, we give up instead: an alert that comes an hour late is no alert. */
const MAX_RETRY_AFTER_MS = 60_000

/**
 * Runs one stage to its end: slot, deadline, retries, journal, log context. Never rejects, so callers may start it and await later.
 * The slot is free during backoff: a failing clip must not starve the others.
 */
export async function runStage<N extends StageName>(
  runner: StageRunner,
  stage: Stage<N>,
  target: StageTarget,
  signal: AbortSignal,
): Promise<StageOutcome<N>> {
  return withLogContext({ stage: stage.name }, async () => {
    for (let tries = 1; ; tries += 1) {
      const result = await attemptOnce(runner, stage, { ...target, attempt: target.attemptsBefore + tries }, signal)
      if (result.ok) return { state: 'ok', value: result.value }
      const { error, willRetry } = judge(runner, stage, { ...target, tries }, result.error)
      if (!willRetry) {
        if (error.kind !== 'cancelled') runner.onExhausted(error)
        return { state: 'failed', error }
      }
      const atLeastMs = error.retryAfterMs ?? 0
      await runner.clock.sleep(retryDelayMs(tries + 1, runner.retry.backoffMs, runner.random(), { atLeastMs }), signal)
    }
  })
}

type Failure = { readonly error: PluginError; readonly durationMs: number }

async function attemptOnce<N extends StageName>(
  runner: StageRunner,
  stage: Stage<N>,
  target: { readonly clip_id: string; readonly attempt: number },
  signal: AbortSignal,
): Promise<Result<StageOutputs[N], Failure>> {
  const facts = STAGE_FACTS[stage.name]
  const run = { attempt: target.attempt, plugin: stage.plugin }
  using slot = await stage.slots.acquire(signal)
  if (slot === null) return err({ error: pluginError('cancelled', 'shutting down'), durationMs: 0 })
  runner.record(target.clip_id, facts.started(run))
  const startedMs = runner.clock.monotonicMs()
  const result = await callPlugin(stage, signal)
  const duration_ms = Math.round(runner.clock.monotonicMs() - startedMs)
  if (!result.ok) return err({ error: result.error, durationMs: duration_ms })
  runner.record(target.clip_id, facts.completed({ ...run, duration_ms }, result.value))
  runner.log.info(
    { event_type: `${stage.name}_completed`, plugin: stage.plugin, attempt: target.attempt, duration_ms },
    `${stage.name} done`,
  )
  return result
}

async function callPlugin<N extends StageName>(stage: Stage<N>, signal: AbortSignal): Promise<Result<StageOutputs[N], PluginError>> {
  using deadline = startDeadline(stage.timeoutMs, signal)
  const called = await attempt(
    () => orAborted(stage.attempt(deadline.signal), deadline.signal),
    (cause) => {
      if (signal.aborted) return pluginError('cancelled', 'shutting down', cause)
      if (deadline.signal.aborted) return pluginError('timeout', `${stage.plugin} gave no answer within ${stage.timeoutMs / 1000} s`, cause)
      return pluginError('bug', `${stage.plugin} threw instead of returning an error: ${messageOf(cause)}`, cause)
    },
  )
  return called.ok ? called.value : called
}

/** Decides on the retry, and writes the failure down once: in the journal and in the log. */
function judge<N extends StageName>(
  runner: StageRunner,
  stage: Stage<N>,
  target: StageTarget & { readonly tries: number },
  failure: Failure,
): { readonly error: StageError<N>; readonly willRetry: boolean } {
  const attempts = target.attemptsBefore + target.tries
  const message = runner.redact(failure.error.message)
  const error: StageError<N> = { ...failure.error, message, stage: stage.name, plugin: stage.plugin, clip_id: target.clip_id, attempts }
  const willRetry = isRetryable(error.kind) && target.tries < runner.retry.maxAttempts && (error.retryAfterMs ?? 0) <= MAX_RETRY_AFTER_MS
  const stored = { kind: error.kind, message, plugin: stage.plugin }
  runner.record(
    target.clip_id,
    STAGE_FACTS[stage.name].failed({ attempt: attempts, plugin: stage.plugin, duration_ms: failure.durationMs }, stored, willRetry),
  )
  const fields = { event_type: `${stage.name}_failed`, ...stored, attempt: attempts, duration_ms: failure.durationMs }
  if (error.kind === 'cancelled') runner.log.info(fields, `${stage.name} interrupted by shutdown; it goes on at the next start`)
  else if (willRetry) runner.log.warn(fields, `${stage.name} failed, trying again`)
  else runner.log.error({ ...fields, cause: error.cause }, `${stage.name} failed for good`)
  return { error, willRetry }
}
