import type { TrackKind } from './media.ts'

export interface TrackAddress {
  /** `stream1`, or with a query as some makers have it: `cam/realmonitor?channel=1&subtype=0`. */
  readonly stream: string
  /** Null: the whole presentation. */
  readonly track: TrackKind | null
}

const ADDRESS = /^rtsp:\/\/[^/]+\/(.*?)(?:\/trackID=(\d))?\/?$/i
const TRACKS: Readonly<Record<string, TrackKind>> = { 0: 'video', 1: 'audio' }

/** Takes a request's URI apart. Clients append the track to the query too, as the SDP's base ends with a slash. */
export function parseTrackAddress(uri: string): TrackAddress | null {
  const [, stream, track] = ADDRESS.exec(uri) ?? []
  if (stream === undefined) return null
  if (track === undefined) return { stream, track: null }
  const kind = TRACKS[track]
  return kind === undefined ? null : { stream, track: kind }
}

export function trackControl(track: TrackKind): string {
  return track === 'video' ? 'trackID=0' : 'trackID=1'
}
