/** What identifies one version of a file. */
export interface FileIdentity {
  readonly size: number
  readonly mtimeMs: number
  readonly ino: number
}

export interface SeenFile extends FileIdentity {
  /** Real path: no link is left in it. */
  readonly path: string
  /** Relative to the watched folder, as it is named there. */
  readonly relative: string
  readonly ctimeMs: number
  readonly birthtimeMs: number
}

export interface Sighting {
  readonly identity: FileIdentity
  /** Monotonic milliseconds since when it looks like this. */
  readonly sinceMs: number
}

export interface Moment {
  readonly monotonicMs: number
  readonly wallMs: number
  /** Wall clock at the look before this one, when the file was not there yet. Null: there was none. */
  readonly previousLookMs: number | null
}

/** A file that nobody has written to for so long is complete at first sight, even if the clock of a network mount is off. */
const LONG_AGO_MS = 60_000
/** Clocks of file systems are coarse. */
const TICK_MS = 1000

export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino
}

/** Some uploaders make the file first and take their time; one that stays empty is set aside, and the owner told. */
const PATIENCE_WITH_EMPTY = 3

/** Milliseconds until this file may be taken, if it does not change: 0 when it is complete now. */
export function msUntilComplete(file: SeenFile, sighting: Sighting | undefined, moment: Moment, stability: number): number {
  const isEmpty = file.size === 0
  const stabilityMs = isEmpty ? stability * PATIENCE_WITH_EMPTY : stability
  if (moment.wallMs - file.mtimeMs >= Math.max(LONG_AGO_MS, stabilityMs)) return 0
  if (sighting === undefined) return !isEmpty && arrivedWhole(file, moment.previousLookMs) ? 0 : stabilityMs
  if (!sameFile(sighting.identity, file)) return stabilityMs
  return Math.max(0, stabilityMs - (moment.monotonicMs - sighting.sinceMs))
}

/** It is older than its absence from this folder, and was touched after its last write: it came by rename. */
function arrivedWhole(file: SeenFile, previousLookMs: number | null): boolean {
  return previousLookMs !== null && file.birthtimeMs > 0 && file.birthtimeMs < previousLookMs - TICK_MS && file.ctimeMs > file.mtimeMs
}
