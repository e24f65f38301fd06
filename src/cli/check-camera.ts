import type { Clock } from '../contracts/clock.ts'
import { pluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { ClipSink, ClipSource } from '../contracts/source.ts'

const STARTED_WITHIN_MS = 5_000
const POLL_MS = 50

/** A source keeps what its sink does not take, and deletes nothing. */
const TAKES_NOTHING: ClipSink = {
  accept: async () => err(pluginError('unavailable', 'this is only a check')),
}

/** Starts the source of a camera until it knows whether it works, and stops it again. No file is taken. */
export async function checkCamera(source: ClipSource, clock: Clock, signal: AbortSignal): Promise<Result<string, string>> {
  const stop = new AbortController()
  try {
    await source.start(TAKES_NOTHING, stop.signal)
    const untilMs = clock.monotonicMs() + STARTED_WITHIN_MS
    while (source.health().state === 'starting' && clock.monotonicMs() < untilMs && !signal.aborted) await clock.sleep(POLL_MS, signal)
    const { state, detail } = source.health()
    if (state === 'ok') return ok('answers')
    return err(state === 'down' ? detail : `did not answer within ${STARTED_WITHIN_MS / 1000} s`)
  } finally {
    stop.abort()
  }
}
