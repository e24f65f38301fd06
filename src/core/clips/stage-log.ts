import type { StoredError } from '../../contracts/clip-events.ts'
import type { StageLog } from '../../contracts/clip-state.ts'

export const PENDING: StageLog = { status: 'pending', attempts: 0, started_at: null, finished_at: null, last_error: null }

export function started(log: StageLog, event: { readonly attempt: number; readonly ts: string }): StageLog {
  return { ...log, status: 'running', attempts: event.attempt, started_at: log.started_at ?? event.ts, finished_at: null }
}

export function succeeded(log: StageLog, event: { readonly ts: string }): StageLog {
  return { ...log, status: 'ok', finished_at: event.ts, last_error: null }
}

export function failed(log: StageLog, event: { readonly ts: string; readonly will_retry: boolean; readonly error: StoredError }): StageLog {
  const last_error = `${event.error.kind}: ${event.error.message}`
  // Cut short by a shutdown is not a verdict: the next start takes it up again.
  if (event.error.kind === 'cancelled') return { ...log, status: 'pending', last_error }
  return event.will_retry ? { ...log, status: 'running', last_error } : { ...log, status: 'error', finished_at: event.ts, last_error }
}

export function skippedFor(log: StageLog, event: { readonly ts: string }, reason: string): StageLog {
  return { ...log, status: 'skipped', finished_at: event.ts, last_error: reason }
}
