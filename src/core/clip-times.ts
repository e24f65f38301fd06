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
  const start = known.creationTime ?? known.sourceStart
  if (start !== null) return span(Date.parse(start), durationMs)
  const endMs = known.sourceEnd === null ? known.mtimeMs : Date.parse(known.sourceEnd)
  return span(endMs - durationMs, durationMs)
}

function span(startMs: number, durationMs: number): ClipTimes {
  return { start_ts: new Date(startMs).toISOString(), end_ts: new Date(startMs + durationMs).toISOString() }
}
