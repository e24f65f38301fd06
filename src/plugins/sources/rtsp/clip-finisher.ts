import { readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../contracts/clock.ts'
import { codeOf, messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Logger } from '../../../contracts/logger.ts'
import { attempt, err, ok, type Result } from '../../../contracts/result.ts'
import type { ClipSink, IncomingFile } from '../../../contracts/source.ts'
import { startDeadline } from '../../../lib/deadline.ts'
import { retryDelayMs } from '../../../lib/retry.ts'
import { Semaphore } from '../../../lib/semaphore.ts'
import { buildClip, type BuiltClip } from './clip-builder.ts'
import type { FinishedRecording } from './recorder.ts'
import { RecordingFolder } from './recording-folder.ts'

export interface FinisherDeps {
  readonly cameraName: string
  /** Folder of all recordings that are not clips yet. */
  readonly recordings: string
  readonly clock: Clock
  readonly log: Logger
  /** Longer than this, and what makes a clip hangs. Default: ten minutes. */
  readonly makeWithinMs?: number
}

interface Unfinished extends Omit<FinishedRecording, 'scoresFor'> {
  readonly scoresFor: FinishedRecording['scoresFor'] | null
  readonly take: IncomingFile['take']
  /** Null until it was made. */
  built: BuiltClip | null
}

/** After an outage there may be hundreds. Few are made at a time, and what happens now goes first. */
const AT_ONCE = 2

/** An hour of video is copied in seconds, also by a small machine. */
const MAKE_WITHIN_MS = 600_000
const FIRST_BACKOFF_MS = 2_000
const MAX_BACKOFF_MS = 60_000
const UNREADABLE = '.unreadable'

/** Makes recordings clips and hands them over, each until it is taken. A recording leaves the disk only when the pipeline has its clip. */
export class ClipFinisher implements AsyncDisposable {
  readonly #deps: FinisherDeps
  readonly #sink: ClipSink
  readonly #stop: AbortSignal
  readonly #underWay = new Set<Promise<void>>()
  readonly #slots = new Semaphore(AT_ONCE)

  /** @param stop begins nothing new after it; the hand-over under way is waited for by disposal. */
  constructor(deps: FinisherDeps, sink: ClipSink, stop: AbortSignal) {
    this.#deps = deps
    this.#sink = sink
    this.#stop = stop
  }

  finish(recording: FinishedRecording): void {
    this.#begin({ ...recording, take: 'move', built: null })
  }

  /** Takes up what an earlier run of the program had to leave, newest first. Resolves when all are known, not when all are done. */
  async recover(): Promise<void> {
    const names = await readdir(this.#deps.recordings).catch(() => [])
    for (const name of names.toSorted().toReversed()) {
      if (name.endsWith(UNREADABLE)) continue
      const folder = new RecordingFolder(join(this.#deps.recordings, name))
      const journal = await folder.read()
      this.#deps.log.info(
        { event_type: 'recording_recovered', has_journal: journal !== null },
        'a recording that was cut off becomes a clip',
      )
      const span = { firstMs: journal?.first_ms ?? 0, endMs: journal?.end_ms ?? null }
      const zeroMs = journal === null ? await guessedStartMs(folder) : Date.parse(journal.zero_ts)
      // As a link: that waits until the clips of earlier runs are known, should this one be among them.
      this.#begin({ folder, span, zeroMs, scoresFor: null, take: 'link', keep: async () => ok(), built: null })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  #begin(recording: Unfinished): void {
    const work = this.#untilTaken(recording).finally(() => this.#underWay.delete(work))
    this.#underWay.add(work)
  }

  async #untilTaken(recording: Unfinished): Promise<void> {
    const { clock, log } = this.#deps
    for (let tries = 1; !this.#stop.aborted; tries += 1) {
      await this.#untilKept(recording)
      const done = await this.#inTurn(recording)
      if (done.ok) return
      const { kind, message, retryAfterMs = 0 } = done.error
      if (kind === 'cancelled') return
      if (kind === 'invalid') {
        await this.#putAside(recording.folder, message)
        return
      }
      log.warn({ event_type: 'clip_not_handed_over', kind, reason: message, attempts: tries }, 'a clip waits on this disk; trying again')
      await clock.sleep(retryDelayMs(tries + 1, FIRST_BACKOFF_MS, 0.5, { capMs: MAX_BACKOFF_MS, atLeastMs: retryAfterMs }), this.#stop)
    }
  }

  /** A disk that has room again is seen soon: what waits for it is nowhere else safe. */
  async #untilKept(recording: Unfinished): Promise<void> {
    for (;;) {
      const kept = await recording.keep()
      if (kept.ok || this.#stop.aborted) return
      await this.#deps.clock.sleep(FIRST_BACKOFF_MS, this.#stop)
    }
  }

  async #inTurn(recording: Unfinished): Promise<Result<void, PluginError>> {
    using slot = await this.#slots.acquire(this.#stop, recording.take === 'move' ? 'live' : 'backlog')
    if (slot === null) return err(pluginError('cancelled', 'shutting down'))
    const done = await attempt(
      () => this.#handOver(recording),
      (cause) => pluginError('bug', messageOf(cause), cause),
    )
    return done.ok ? done.value : done
  }

  /** One that hangs must not hold a place for ever. */
  async #build({ folder, span }: Unfinished): Promise<Result<BuiltClip, PluginError>> {
    using deadline = startDeadline(this.#deps.makeWithinMs ?? MAKE_WITHIN_MS, this.#stop)
    const built = await buildClip(folder, span, deadline.signal)
    if (built.ok || built.error.kind !== 'cancelled' || this.#stop.aborted) return built
    return err(pluginError('unavailable', 'making the clip took too long'))
  }

  async #handOver(recording: Unfinished): Promise<Result<void, PluginError>> {
    const { folder, zeroMs, scoresFor, take } = recording
    const built = recording.built === null ? await this.#build(recording) : ok(recording.built)
    if (!built.ok) return built
    recording.built = built.value
    const { path } = built.value
    const startMs = zeroMs + built.value.startMs
    const endMs = zeroMs + built.value.endMs
    // Should we be killed while it is taken in, its file is all that tells when it was.
    await utimes(path, endMs / 1000, endMs / 1000)
    const file: IncomingFile = {
      path,
      original_name: `${this.#deps.cameraName}_${Math.floor(startMs / 1000)}.mp4`,
      start_ts: new Date(startMs).toISOString(),
      end_ts: new Date(endMs).toISOString(),
      take,
      motion_scores: scoresFor?.(built.value.startMs, built.value.endMs) ?? null,
    }
    const offered = await attempt(
      () => this.#sink.accept(file),
      (cause) => pluginError('unavailable', messageOf(cause), cause),
    )
    const taken = offered.ok ? offered.value : offered
    if (!taken.ok) {
      // The file is gone from here: it is made once more.
      if (taken.error.kind === 'invalid') recording.built = null
      return taken.error.kind === 'invalid' ? err({ ...taken.error, kind: 'unavailable' }) : taken
    }
    // What stays is offered again at the next start, and known again.
    await folder.remove().catch((cause: unknown) => this.#complain(cause))
    return ok()
  }

  /** Nothing in it can be made a clip. Kept where a person can look, unless there is nothing to look at. */
  async #putAside(folder: RecordingFolder, reason: string): Promise<void> {
    const segments = await folder.segments().catch(() => ['?'])
    if (segments.length === 0) {
      await rm(folder.path, { recursive: true, force: true }).catch((cause: unknown) => this.#complain(cause))
      return
    }
    await rename(folder.path, `${folder.path}${UNREADABLE}`).catch((cause: unknown) => this.#complain(cause))
    this.#deps.log.error(
      { event_type: 'recording_unreadable', path: folder.path, reason },
      'a recording could not be made a clip; it was set aside',
    )
  }

  #complain(cause: unknown): void {
    this.#deps.log.warn({ event_type: 'recording_not_removed', reason: codeOf(cause) || messageOf(cause) }, 'a recording stays on the disk')
  }
}

/** For a recording whose journal is gone: when its oldest segment was begun, as near as its files tell. */
async function guessedStartMs(folder: RecordingFolder): Promise<number> {
  const [oldest] = await folder.segments().catch(() => [])
  if (oldest === undefined) return 0
  const { birthtimeMs, mtimeMs } = await stat(join(folder.path, oldest))
  return birthtimeMs > 0 ? Math.min(birthtimeMs, mtimeMs) : mtimeMs
}
