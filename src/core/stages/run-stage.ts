import type { AlertStage } from '../../contracts/alert.ts'
import { ClipFactSchema, type ClipFact } from '../../contracts/clip-events.ts'
import type { Clock } from '../../contracts/clock.ts'
import { isRetryable, pluginError, type PluginError } from '../../contracts/errors.ts'
import type { Logger } from '../../contracts/logger.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { skipped, type StageError, type StageName, type StageOutcome, type StageOutputs } from '../../contracts/stages.ts'
import { withLogContext } from '../../lib/log-context.ts'
import { retryDelayMs, type RetryPolicy } from '../../lib/retry.ts'
import type { Semaphore } from '../../lib/semaphore.ts'
import { callPlugin } from './call-plugin.ts'
import { STAGE_FACTS, type Ended, type Run } from './stage-facts.ts'

export interface Stage<N extends StageName> {
  readonly name: N
  /** The plugin's name; for `notify` the notifier's. */
  readonly plugin: string
  /** Of a try, from its last sign of progress on. */
  readonly timeoutMs: number
  readonly slots: Semaphore
  /** Which part of an alert `notify` delivers; absent: the verdict. */
  readonly alertStage?: AlertStage
  /** Asked once there is a slot, in the same breath as the attempt is noted: false ends the stage without it. Absent: it is wanted. */
  readonly isWanted?: () => boolean
  /** One try. `goesOn` tells of progress, where the stage can see it; then the try has all of its time again. */
  readonly attempt: (signal: AbortSignal, goesOn: () => void) => Promise<Result<StageOutputs[N], PluginError>>
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

/** For a later try by a sweeper: once, and told to nobody, as the owner heard when the stage gave up. The log has it. */
export function onceQuietly(runner: StageRunner): StageRunner {
  return { ...runner, retry: { maxAttempts: 1, backoffMs: 0 }, onExhausted: () => undefined }
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
      if (result === 'not_wanted') return skipped('not_wanted')
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
): Promise<Result<StageOutputs[N], Failure> | 'not_wanted'> {
  const facts = STAGE_FACTS[stage.name]
  const run = runOf(stage, target.attempt)
  using slot = await stage.slots.acquire(signal)
  if (slot === null) return err({ error: pluginError('cancelled', 'shutting down'), durationMs: 0 })
  if (stage.isWanted?.() === false) return 'not_wanted'
  runner.record(target.clip_id, facts.started(run))
  const startedMs = runner.clock.monotonicMs()
  const call = { plugin: stage.plugin, timeoutMs: stage.timeoutMs, signal, clock: runner.clock }
  const result = await callPlugin(call, stage.attempt)
  const duration_ms = Math.max(0, Math.round(runner.clock.monotonicMs() - startedMs))
  if (!result.ok) return err({ error: result.error, durationMs: duration_ms })
  const fact = completedFact(stage, { ...run, duration_ms }, result.value)
  if (!fact.ok) return err({ error: fact.error, durationMs: duration_ms })
  runner.record(target.clip_id, fact.value)
  runner.log.info(
    { event_type: `${stage.name}_completed`, plugin: stage.plugin, attempt: target.attempt, duration_ms },
    `${stage.name} done`,
  )
  return result
}

function runOf({ plugin, alertStage = 'verdict' }: Pick<Stage<StageName>, 'plugin' | 'alertStage'>, attempt: number): Run {
  return { attempt, plugin, alertStage }
}

/**
 * The fact that goes into the journal. A plugin's answer is checked before it is believed: what does not fit the schema would make
 * the whole journal unreadable.
 */
function completedFact<N extends StageName>(stage: Stage<N>, run: Ended, output: StageOutputs[N]): Result<ClipFact, PluginError> {
  try {
    const parsed = ClipFactSchema.safeParse(STAGE_FACTS[stage.name].completed(run, output))
    if (parsed.success) return ok(parsed.data)
    const where = parsed.error.issues[0]?.path.join('.') ?? ''
    return err(pluginError('bug', `${stage.plugin} returned a result that breaks its contract at "${where}"`))
  } catch (cause) {
    return err(pluginError('bug', `${stage.plugin} returned a result that breaks its contract`, cause))
  }
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
    STAGE_FACTS[stage.name].failed({ ...runOf(stage, attempts), duration_ms: failure.durationMs }, stored, willRetry),
  )
  const fields = { event_type: `${stage.name}_failed`, ...stored, attempt: attempts, duration_ms: failure.durationMs }
  if (error.kind === 'cancelled') runner.log.info(fields, `${stage.name} interrupted by shutdown; it goes on at the next start`)
  else if (willRetry) runner.log.warn(fields, `${stage.name} failed, trying again`)
  else runner.log.error({ ...fields, cause: error.cause }, `${stage.name} failed for good`)
  return { error, willRetry }
}
