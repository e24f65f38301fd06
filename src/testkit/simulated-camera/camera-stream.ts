import type { Faults } from './faults.ts'
import type { Media } from './media.ts'
import type { MediaSession } from './media-session.ts'
import { nextKeyframe, positionAt, unitAt, type ScheduledUnit, type Showing } from './schedule.ts'
import { SessionCount } from './session-count.ts'
import { stamp } from './stamp.ts'
import { wallMs } from './wall-clock.ts'

export interface SentFrame {
  /** Its place among the frames of the file in the order they are shown, from 0. */
  readonly index: number
  /** Which time the file is shown, from 0. */
  readonly round: number
  /** Wall clock when it went out. */
  readonly atMs: number
  /** The moment of the scene that it shows, wall clock. */
  readonly sceneAtMs: number
  readonly key: boolean
}

export interface StreamOptions {
  readonly loop: boolean
  readonly stamped: boolean
  readonly faults: Faults
  /** What the media times of all streams count from. */
  readonly epochMs: number
  readonly cameraCount: SessionCount
}

const MAX_SENT_FRAMES = 20_000
/** A client that says nothing for this long is gone; told in the answer to SETUP. */
export const SESSION_TIMEOUT_S = 60

/** One stream of a camera: a scene that goes on by the clock, sent to all who watch. Nothing runs while nobody does. */
export class CameraStream {
  readonly count: SessionCount
  readonly #faults: Faults
  readonly #loop: boolean
  readonly #stamped: boolean
  readonly #epochMs: number
  readonly #sessions = new Map<MediaSession, () => void>()
  #media: Media
  #showing: Showing | null = null
  #position = 0
  #timer: NodeJS.Timeout | null = null
  #sent: SentFrame[] = []

  constructor(media: Media, options: StreamOptions) {
    this.#media = media
    this.count = new SessionCount(options.cameraCount)
    this.#loop = options.loop
    this.#stamped = options.stamped
    this.#faults = options.faults
    this.#epochMs = options.epochMs
  }

  get media(): Media {
    return this.#media
  }

  get sentFrames(): readonly SentFrame[] {
    return this.#sent
  }

  /** The scene begins; it does so once. */
  begin(atMs: number): void {
    this.#showing ??= { media: this.#media, startMs: atMs, loop: this.#loop }
  }

  /** The media time, as RTP timestamps count it, of the keyframe that a new session gets first; null when none comes any more. */
  firstMediaMs(nowMs: number): number | null {
    if (this.#showing === null) return null
    const first = nextKeyframe(this.#showing, positionAt(this.#showing, nowMs))
    return first === null ? null : first.sceneAtMs - this.#mediaOriginMs
  }

  /** @param expire called when the client has been silent for too long. */
  play(session: MediaSession, fromMs: number, expire: () => void): void {
    session.restart()
    session.playing = true
    this.#sessions.set(session, expire)
    this.count.began()
    if (this.#timer === null) this.restart(fromMs)
  }

  leave(session: MediaSession): void {
    if (!this.#sessions.delete(session)) return
    session.playing = false
    this.count.ended()
    if (this.#sessions.size === 0) this.halt()
  }

  halt(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  /** Goes on with the frame that is due now; what was missed meanwhile is lost, as with any live camera. */
  restart(fromMs: number = wallMs()): void {
    if (this.#showing === null || this.#sessions.size === 0 || this.#faults.stalled) return
    for (const session of this.#sessions.keys()) session.restart()
    this.#position = positionAt(this.#showing, fromMs)
    this.#wake(0)
  }

  /** Cuts over to the beginning of another file, with timestamps going on. Its codec must be the same. */
  switchTo(media: Media): void {
    if (this.#timer !== null) this.#sendDue() // what is late by now is not left out
    const sameSound = JSON.stringify(media.audio) === JSON.stringify(this.#media.audio)
    const units = sameSound ? media.units : media.units.filter((unit) => unit.track === 'video')
    const lastMs = this.#sent.at(-1)?.sceneAtMs ?? 0
    this.#media = { ...media, units }
    if (this.#showing === null) return
    const startMs = Math.max(wallMs(), lastMs + 1000 / media.fps)
    this.#showing = { media: this.#media, startMs, loop: this.#loop }
    this.halt()
    this.restart(startMs)
  }

  get #mediaOriginMs(): number {
    return this.#epochMs - this.#faults.timestampShiftMs
  }

  #wake(delayMs: number): void {
    this.halt()
    this.#timer = setTimeout(() => this.#sendDue(), delayMs)
  }

  /** Due times are absolute, so a late timer delays a frame or two and never the rest. */
  #sendDue(): void {
    this.#timer = null
    if (this.#showing === null) return
    const nowMs = wallMs()
    for (;;) {
      const next = unitAt(this.#showing, this.#position)
      if (next === null) {
        for (const session of this.#sessions.keys()) session.sayGoodbye(nowMs, this.#mediaOriginMs)
        return
      }
      if (next.sendAtMs > nowMs) {
        if (this.#sessions.size > 0) this.#wake(next.sendAtMs - nowMs)
        return
      }
      this.#send(this.#stamped ? this.#withStamp(next, nowMs) : next, nowMs)
      this.#position += 1
    }
  }

  #withStamp(scheduled: ScheduledUnit, nowMs: number): ScheduledUnit {
    const { unit } = scheduled
    if (!unit.key || unit.track !== 'video') return scheduled
    return { ...scheduled, unit: { ...unit, parts: [stamp(this.#media.codec, nowMs), ...unit.parts] } }
  }

  #send(scheduled: ScheduledUnit, nowMs: number): void {
    const context = { nowMs, mediaOriginMs: this.#mediaOriginMs, fate: this.#faults.packetFate }
    let wasSent = false
    for (const [session, expire] of this.#sessions) {
      if (session.offer(scheduled, context)) wasSent = true
      if (session.silentForMs(nowMs) > SESSION_TIMEOUT_S * 1000) expire()
    }
    if (wasSent && scheduled.unit.track === 'video') this.#remember(scheduled, nowMs)
  }

  #remember({ unit, sceneAtMs }: ScheduledUnit, nowMs: number): void {
    const round = Math.floor(this.#position / this.#media.units.length)
    this.#sent.push({ index: unit.index, round, atMs: nowMs, sceneAtMs, key: unit.key })
    if (this.#sent.length > 2 * MAX_SENT_FRAMES) this.#sent = this.#sent.slice(-MAX_SENT_FRAMES)
  }
}
