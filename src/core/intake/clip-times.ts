export interface ClipTimes {
  readonly start_ts: string
  readonly end_ts: string
}

/**
 * When a received file was recorded: the container's own time, else what the source knows, else the file's mtime as the end.
 * The other end follows from the duration. Pure.
 */
export function clipTimes(known: {
  readonly creationTime: string | null
  readonly sourceStart: string | null
  readonly sourceEnd: string | null
  readonly mtimeMs: number
  readonly durationS: number
}): ClipTimes {
  const durationMs = known.durationS * 1000
  const startMs = instant(known.creationTime) ?? instant(known.sourceStart)
  if (startMs !== null) return span(startMs, durationMs)
  const endMs = instant(known.sourceEnd) ?? known.mtimeMs
  return span(Math.max(0, endMs - durationMs), durationMs)
}

const LAST_MS = Date.parse('9999-01-01T00:00:00Z')

/** Null for what is no time, or one that no name and no journal can hold: cameras without a clock say strange things. */
function instant(text: string | null): number | null {
  const ms = text === null ? NaN : Date.parse(text)
  return ms >= 0 && ms <= LAST_MS ? ms : null
}

function span(startMs: number, durationMs: number): ClipTimes {
  return { start_ts: new Date(startMs).toISOString(), end_ts: new Date(startMs + durationMs).toISOString() }
}
