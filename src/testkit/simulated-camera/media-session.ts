import { randomBytes } from 'node:crypto'
import type { TrackKind } from './media.ts'
import type { PacketFate, RtpSender } from './rtp-sender.ts'
import type { ScheduledUnit } from './schedule.ts'
import { wallMs } from './wall-clock.ts'

const REPORT_EVERY_MS = 5000

/** The way of a track to its client. */
export interface TrackSink {
  readonly send: (framed: Buffer) => void
  /** The client does not read: more would only pile up here. */
  readonly congested: () => boolean
  /** For the answer to SETUP. */
  readonly transport: string
}

export interface SessionTrack {
  readonly sender: RtpSender
  readonly sink: TrackSink
}

export interface UnitContext {
  readonly nowMs: number
  /** What RTP timestamps are counted from, less the jumps so far. */
  readonly mediaOriginMs: number
  readonly fate: () => PacketFate
}

/** What one client has set up. */
export class MediaSession {
  readonly id = randomBytes(4).toString('hex').toUpperCase()
  readonly tracks = new Map<TrackKind, SessionTrack>()
  playing = false
  /** Nothing is sent before this moment. */
  notBeforeMs = 0
  #waitsForKeyframe = true
  #lastHeardMs = wallMs()
  #nextReportMs = 0

  heard(): void {
    this.#lastHeardMs = wallMs()
  }

  silentForMs(nowMs: number): number {
    return nowMs - this.#lastHeardMs
  }

  /** The next thing sent is a keyframe. */
  restart(): void {
    this.#waitsForKeyframe = true
  }

  /** Whether the unit went out to this client. */
  offer({ unit, sceneAtMs }: ScheduledUnit, { nowMs, mediaOriginMs, fate }: UnitContext): boolean {
    const track = this.tracks.get(unit.track)
    if (nowMs < this.notBeforeMs) return false
    if (this.#waitsForKeyframe && !unit.key) return false
    if (track === undefined) return false
    if (track.sink.congested()) {
      this.#waitsForKeyframe = true
      return false
    }
    this.#waitsForKeyframe = false
    if (nowMs >= this.#nextReportMs) this.#report(nowMs, mediaOriginMs)
    track.sink.send(track.sender.packets(unit.parts, sceneAtMs - mediaOriginMs, fate))
    return true
  }

  /** The first one goes before the first frame, so that a client has picture and sound together from the beginning. */
  #report(nowMs: number, mediaOriginMs: number): void {
    this.#nextReportMs = nowMs + REPORT_EVERY_MS
    for (const { sender, sink } of this.tracks.values()) sink.send(sender.report(nowMs, nowMs - mediaOriginMs))
  }

  sayGoodbye(nowMs: number, mediaOriginMs: number): void {
    for (const { sender, sink } of this.tracks.values()) sink.send(sender.goodbye(nowMs, nowMs - mediaOriginMs))
  }
}
