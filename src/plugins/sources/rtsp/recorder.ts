import { join } from 'node:path'
import type { Clock } from '../../../contracts/clock.ts'
import { codeOf, messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Logger } from '../../../contracts/logger.ts'
import { err, type Result } from '../../../contracts/result.ts'
import { Serial } from '../../../lib/serial.ts'
import type { ClosedSegment } from './camera-session.ts'
import type { ClipSpan } from './clip-builder.ts'
import type { MotionScores } from './motion/motion-score.ts'
import { LiveStream, type RecordedStream } from './live-stream.ts'
import { OpenRecording } from './open-recording.ts'
import { latestOfOneShape, parameterSetsOf, PictureShape } from './picture-shape.ts'
import { RecordingFolder, type RecordingJournal } from './recording-folder.ts'
import { recordingStep, type RecordingPolicy } from './recording-policy.ts'
import type { Ring } from './ring.ts'
import { TroubleLog } from './trouble-log.ts'

export interface FinishedRecording {
  readonly folder: RecordingFolder
  /** Brings into the folder what could not be brought yet; see `OpenRecording.keep`. To be called until it succeeds. */
  readonly keep: () => Promise<Result<void, PluginError>>
  /** Where in the stream it begins and is to end. */
  readonly span: ClipSpan
  /** Our wall clock when the stream's time was zero. */
  readonly zeroMs: number
  readonly scoresFor: (startMs: number, endMs: number) => readonly number[]
}

export interface RecorderDeps {
  readonly ring: Ring
  /** Folder on the durable disk, one folder inside for each recording under way. */
  readonly recordings: string
  readonly scores: MotionScores
  readonly policy: RecordingPolicy & { readonly preRollMs: number }
  readonly clock: Clock
  readonly log: Logger
  /** Makes it a clip. Must not reject. */
  readonly finish: (recording: FinishedRecording) => void
  /** Hears when a recording begins and when it is over; one that goes on in the next clip is not. */
  readonly onMotion?: (moving: boolean) => void
}

/** What arrives later than this after the end of a clip belongs to it no more. */
const ARRIVES_WITHIN_MS = 1_000
const LOOK_EVERY_MS = 20
/** What moved when the line went may be there still; after so long it is another story. */
const RESUMES_WITHIN_MS = 120_000
const NEAR_ZERO_MS = 2_000

/**
 * Decides when a clip begins, goes on in the next one and ends, and keeps what belongs to it safe from the moment it is known. All that
 * happens to it happens in order, one thing after another: what is called here returns at once.
 */
export class Recorder {
  readonly #deps: RecorderDeps
  readonly #queue: Serial
  readonly #trouble: TroubleLog
  #stream: LiveStream | null = null
  #recording: OpenRecording | null = null
  readonly #closing = new Set<Promise<void>>()
  readonly #unsafe = new Set<OpenRecording>()
  /** A clip was being recorded when the connection was lost. */
  #wasInterrupted = false
  #toldMoving = false
  /** Monotonic. */
  #lastMotionMs = -Infinity

  constructor(deps: RecorderDeps) {
    this.#deps = deps
    this.#trouble = new TroubleLog(deps.clock, deps.log)
    this.#queue = new Serial((cause) => this.#trouble.hear(err(pluginError('bug', codeOf(cause) || messageOf(cause), cause))))
  }

  get isRecording(): boolean {
    return this.#recording !== null
  }

  /** Part of what is recorded cannot be put where it lasts. */
  get isUnsafe(): boolean {
    return this.#unsafe.size > 0
  }

  /** A connection begins, with an empty ring. */
  begin(stream: RecordedStream): void {
    this.#stream = new LiveStream(stream)
  }

  /** Resolves when all that was told so far has been dealt with. */
  get idle(): Promise<void> {
    return this.#queue.idle
  }

  packet(ptsMs: number): void {
    const stream = this.#stream
    if (stream === null) return
    const isFirst = stream.latestMs === -Infinity
    stream.latestMs = Math.max(stream.latestMs, ptsMs)
    if (!isFirst) return
    // Until its first segment is complete, this is the best guess for servers whose time does not begin near zero.
    if (ptsMs > NEAR_ZERO_MS) stream.openSinceMs = ptsMs
    this.#resume(stream)
  }

  segment(segment: ClosedSegment): void {
    const stream = this.#stream
    if (stream === null) return
    void this.#queue.run(async () => {
      stream.closed(segment)
      if (!(await this.#isInRing(stream, segment))) return
      for (const recording of this.#unsafe) await this.#keep(recording)
      await this.#extend(segment)
    })
  }

  /** @param sinceMs stream time of the first frame of this motion. @param atMs of the last. */
  motion(sinceMs: number, atMs: number): void {
    const stream = this.#stream
    if (stream === null) return
    stream.lastMotionMs = Math.max(stream.lastMotionMs, atMs)
    this.#lastMotionMs = this.#deps.clock.monotonicMs()
    void this.#queue.run(() => this.#step(true, sinceMs))
  }

  /** The picture of this stream time was looked at, whatever was in it. */
  looked(streamMs: number): void {
    if (this.#stream !== null) this.#stream.lookedMs = Math.max(this.#stream.lookedMs, streamMs)
  }

  /** To be called several times a second, whether or not anything happens. */
  tick(): void {
    if (this.#recording === null) return
    void this.#queue.run(() => this.#step(false, 0))
  }

  /** The connection has ended: what was being recorded becomes a clip with what is there. Resolves when that is under way. */
  async end(): Promise<void> {
    await this.#queue.run(async () => {
      const stream = this.#stream
      if (stream !== null && this.#recording !== null) {
        this.#wasInterrupted = true
        await this.#close(stream, this.#recording, null)
      }
      this.#recording = null
      this.#stream = null
      this.#tellMotion()
    })
    await Promise.all(this.#closing)
  }

  /** Whoever cuts the line of a camera wants to be seen no more: after that, recording goes on at once. */
  #resume(stream: LiveStream): void {
    const isDue = this.#wasInterrupted && this.#deps.clock.monotonicMs() - this.#lastMotionMs < RESUMES_WITHIN_MS
    this.#wasInterrupted = false
    if (!isDue) return
    this.#deps.log.info({ event_type: 'recording_resumed' }, 'the connection was lost while something moved; recording goes on')
    stream.lastMotionMs = stream.latestMs
    void this.#queue.run(() => this.#step(true, stream.latestMs))
  }

  async #isInRing(stream: LiveStream, segment: ClosedSegment): Promise<boolean> {
    try {
      await this.#deps.ring.add(segment)
      return true
    } catch (cause) {
      this.#trouble.hear(err(pluginError('unavailable', `the ring cannot be read: ${codeOf(cause) || messageOf(cause)}`, cause)))
      stream.ringIsGone()
      return false
    }
  }

  async #step(isMotion: boolean, sinceMs: number): Promise<void> {
    const stream = this.#stream
    if (stream === null) return
    if (this.#recording !== null && !this.#recording.isSafe) await this.#keep(this.#recording)
    const quietMs = stream.quietMs(this.#deps.clock)
    // Clips go on in the next one at a keyframe only, see #extend: here it is asked whether one begins or ends.
    const recordedMs = this.#recording === null ? null : 0
    const step = recordingStep({ isMotion, quietMs, recordedMs }, this.#deps.policy)
    if (step === 'start') await this.#start(stream, sinceMs - this.#deps.policy.preRollMs)
    else if (step === 'stop' && this.#recording !== null)
      await this.#close(stream, this.#recording, stream.lastMotionMs + this.#deps.policy.stopDelayMs)
    this.#tellMotion()
  }

  #tellMotion(): void {
    if (this.isRecording === this.#toldMoving) return
    this.#toldMoving = this.isRecording
    this.#deps.onMotion?.(this.#toldMoving)
  }

  async #start(stream: LiveStream, wantedMs: number): Promise<void> {
    // What the clip before this one has is not shown again, but for the pictures since the last keyframe.
    const fromMs = Math.max(wantedMs, stream.lastClipEndMs)
    const picture = new PictureShape()
    const segments = await latestOfOneShape(this.#deps.ring.from(fromMs), picture, this.#deps.ring)
    const recording = this.#open(stream, segments[0] ?? stream.openSegment, picture)
    for (const segment of segments) recording.want(segment)
    await this.#keep(recording)
    this.#trouble.hear(await recording.keepOpen(stream.openName))
    this.#deps.log.info({ event_type: 'recording_started' }, 'motion: recording')
  }

  #open(stream: LiveStream, first: Pick<ClosedSegment, 'name' | 'startMs'>, picture: PictureShape): OpenRecording {
    const { recordings, clock, ring } = this.#deps
    const folder = new RecordingFolder(join(recordings, stream.nextRecordingName()))
    const journal = journalOf(first.startMs, stream.zeroWallMs(clock), null)
    this.#recording = new OpenRecording(folder, ring, { journal, picture, firstName: first.name })
    return this.#recording
  }

  /** A segment is complete: it belongs to the recording, or ends it where the picture changes its shape or the clip its length. */
  async #extend(segment: ClosedSegment): Promise<void> {
    const [stream, recording] = [this.#stream, this.#recording]
    if (stream === null || recording === null) return
    const sets = await parameterSetsOf(segment, this.#deps.ring)
    if (recording.picture.differsFrom(sets)) {
      this.#deps.log.info({ event_type: 'picture_changed' }, 'the camera changed its picture; the clip goes on in a new one')
      await this.#close(stream, recording, segment.startMs)
      this.#open(stream, segment, new PictureShape(sets)).want(segment)
    } else {
      recording.want(segment)
      await this.#keep(recording)
      if (this.#isLongEnough(stream, recording, segment)) {
        await this.#close(stream, recording, segment.endMs, { hasAll: true })
        this.#open(stream, stream.openSegment, new PictureShape(sets))
      }
    }
    if (this.#recording === null) return
    await this.#keep(this.#recording)
    this.#trouble.hear(await this.#recording.keepOpen(stream.openName))
  }

  /** Whether to cut here: at the keyframe nearest to the longest length. */
  #isLongEnough(stream: LiveStream, recording: OpenRecording, segment: ClosedSegment): boolean {
    const { policy, clock } = this.#deps
    const recordedMs = segment.endMs - recording.firstMs + (segment.endMs - segment.startMs) / 2
    return recordingStep({ isMotion: false, quietMs: stream.quietMs(clock), recordedMs }, policy) === 'rotate'
  }

  async #keep(recording: OpenRecording): Promise<void> {
    this.#trouble.hear(await this.#tryToKeep(recording))
  }

  async #tryToKeep(recording: OpenRecording): Promise<Result<void, PluginError>> {
    const kept = await recording.keep()
    if (recording.isSafe) this.#unsafe.delete(recording)
    else this.#unsafe.add(recording)
    return kept
  }

  /** Ends a recording at `endMs`; what is still on its way to it is waited for outside of the queue, unless it has all. */
  async #close(stream: LiveStream, recording: OpenRecording, endMs: number | null, { hasAll = false } = {}): Promise<void> {
    const { clock, scores, finish } = this.#deps
    this.#recording = null
    stream.lastClipEndMs = endMs ?? Infinity
    const zeroMs = stream.zeroWallMs(clock)
    const done = async () => {
      if (endMs !== null && !hasAll) await this.#untilArrived(stream, endMs)
      await this.#queue.run(async () => {
        if (!hasAll) await this.#completeUntil(stream, recording, endMs ?? Infinity)
        recording.note(journalOf(recording.firstMs, zeroMs, endMs))
        await this.#keep(recording)
      })
      const span = { firstMs: recording.firstMs, endMs }
      finish({
        folder: recording.folder,
        keep: () => this.#tryToKeep(recording),
        span,
        zeroMs,
        scoresFor: (from, to) => scores.scoresFor(from, to),
      })
    }
    const closing = done().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  async #completeUntil(stream: LiveStream, recording: OpenRecording, endMs: number): Promise<void> {
    for (const segment of this.#deps.ring.from(recording.firstMs)) if (segment.startMs < endMs) recording.want(segment)
    await this.#keep(recording)
    if (stream.openSinceMs < endMs) this.#trouble.hear(await recording.keepOpen(stream.openName))
  }

  async #untilArrived(stream: LiveStream, endMs: number): Promise<void> {
    const { clock } = this.#deps
    const untilMs = clock.monotonicMs() + ARRIVES_WITHIN_MS
    const never = new AbortController().signal
    while (stream.latestMs < endMs && this.#stream === stream && clock.monotonicMs() < untilMs) await clock.sleep(LOOK_EVERY_MS, never)
  }
}

function journalOf(firstMs: number, zeroMs: number, endMs: number | null): RecordingJournal {
  return { version: 1, zero_ts: new Date(zeroMs).toISOString(), first_ms: firstMs, end_ms: endMs }
}
