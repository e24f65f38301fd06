import type { PluginError } from './errors.ts'
import type { Result } from './result.ts'

/** A complete video file that a source offers to the pipeline. */
export interface IncomingFile {
  /** Absolute path of a file nobody writes to any more. */
  readonly path: string
  /** The name it arrived under. */
  readonly original_name: string
  /** When recording began and ended, if the source knows better than the container. Null: ask the file. */
  readonly start_ts: string | null
  readonly end_ts: string | null
  /**
   * One number per second of the clip, from its first frame on: percent of the picture that changed (0–100), as the source measured
   * it. The search for objects begins where they lead. Null or absent: not measured. Beyond `MOST_MOTION_SCORES` they are cut off.
   */
  readonly motion_scores?: readonly number[] | null
  /** `link`: the file stays where it is (hard link, else copy). `move`: the pipeline owns it from now on. */
  readonly take: 'link' | 'move'
}

/** What became of an offered file. All three mean: it is safe, do not offer it again. */
export type Accepted =
  | { readonly state: 'accepted'; readonly clip_id: string }
  | { readonly state: 'duplicate'; readonly clip_id: string }
  | { readonly state: 'quarantined'; readonly path: string; readonly reason: string }

/** Where a source hands over its files; already bound to one camera. */
export interface ClipSink {
  /**
   * Takes one file into the spool. Resolves when it is durable, not when it is processed.
   *
   * Idempotent by content: the same bytes offered twice are one clip.
   * @returns `unavailable` (spool full or busy: offer it again later), `invalid` (the file is gone), `cancelled` (shutting down).
   */
  accept(file: IncomingFile): Promise<Result<Accepted, PluginError>>
}

export type SourceHealth = {
  readonly state: 'starting' | 'ok' | 'down'
  /** Why it is down and what to do, for the owner; empty when ok. */
  readonly detail: string
  /** Last time the source saw its camera or folder work, whether or not there was motion. Null before the first. */
  readonly last_heartbeat: string | null
}

/** What a source found out about its camera. One sentence each, for the owner; never a secret. */
export interface SourceReport {
  /** What is there: streams, codecs, what is used for what. */
  readonly facts: readonly string[]
  /** What to change, in the camera or in the configuration, and what that is good for. Empty: nothing. */
  readonly advice: readonly string[]
}

/** Produces the clips of one camera. Disposal stops it and waits for work under way. */
export interface ClipSource extends AsyncDisposable {
  /**
   * Starts producing in the background and returns soon. A camera that is off or a folder that is missing is no error:
   * the source keeps trying and says so in `health()`.
   * @param signal aborts at shutdown: take no new files, finish the hand-over under way.
   */
  start(sink: ClipSink, signal: AbortSignal): Promise<void>
  /** Cheap and synchronous; called often. Derived from what happened, never from hope. */
  health(): SourceHealth
  /**
   * Tells when something begins to move and when it is over, as far as it makes clips of it. Listeners must not throw and return soon.
   * Absent: the source does not measure motion.
   */
  onMotion?(listener: (moving: boolean) => void): Disposable
  /**
   * Looks at the camera and says what it found, for `homesec doctor`; up to a minute. Called instead of `start`, never besides it: a
   * HomeSec may be recording from the same camera, so open no more sessions than the answer needs, and leave nothing behind.
   * Absent: doctor starts the source for a moment and believes its health.
   * @param signal aborts when nobody waits any more.
   * @returns the error kinds of a camera that cannot be used: `unavailable` (out of reach), `rejected` (credentials), `invalid` (no
   *   stream that we can use).
   */
  explain?(signal: AbortSignal): Promise<Result<SourceReport, PluginError>>
}
