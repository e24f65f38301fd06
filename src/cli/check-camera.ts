import type { Clock } from '../contracts/clock.ts'
import { pluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { ClipSink, ClipSource, SourceReport } from '../contracts/source.ts'

const STARTED_WITHIN_MS = 5_000
const POLL_MS = 50

/** A source keeps what its sink does not take, and deletes nothing. */
const TAKES_NOTHING: ClipSink = {
  accept: async () => err(pluginError('unavailable', 'this is only a check')),
}

/** `report` is null for a source that only knows whether it works. */
export interface CameraFindings {
  readonly report: SourceReport | null
}

/**
 * Finds out whether a camera works. A source that can explain its camera does that and is not started: the camera may allow no more
 * sessions than the HomeSec that is running has. Any other is started until it knows, and stopped again; no file is taken.
 */
export async function checkCamera(source: ClipSource, clock: Clock, signal: AbortSignal): Promise<Result<CameraFindings, string>> {
  if (source.explain === undefined) return await startForAMoment(source, clock, signal)
  const explained = await source.explain(signal)
  return explained.ok ? ok({ report: explained.value }) : err(explained.error.message)
}

async function startForAMoment(source: ClipSource, clock: Clock, signal: AbortSignal): Promise<Result<CameraFindings, string>> {
  const stop = new AbortController()
  try {
    await source.start(TAKES_NOTHING, stop.signal)
    const untilMs = clock.monotonicMs() + STARTED_WITHIN_MS
    while (source.health().state === 'starting' && clock.monotonicMs() < untilMs && !signal.aborted) await clock.sleep(POLL_MS, signal)
    const { state, detail } = source.health()
    if (state === 'ok') return ok({ report: null })
    return err(state === 'down' ? detail : `did not answer within ${STARTED_WITHIN_MS / 1000} s`)
  } finally {
    stop.abort()
  }
}
