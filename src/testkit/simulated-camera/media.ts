export type VideoCodec = 'h264' | 'h265'

export type AudioFormat =
  | { readonly codec: 'aac'; readonly sampleRateHz: number; readonly channels: number; /** AudioSpecificConfig */ readonly config: Buffer }
  | { readonly codec: 'pcma'; readonly sampleRateHz: 8000 }

export type TrackKind = 'video' | 'audio'

/** One frame of picture or sound as a camera sends it. Times count from the beginning of the file. */
export interface MediaUnit {
  readonly track: TrackKind
  /** When it is sent: decoding order. */
  readonly sendMs: number
  /** When it is shown; with B-frames this is another order. */
  readonly shownMs: number
  /** A decoder can begin here. */
  readonly key: boolean
  /** Its place among the frames of its track in the order they are shown, from 0. */
  readonly index: number
  /** NAL units without start codes, or the bytes of one sound frame. Views on one buffer per file. */
  readonly parts: readonly Buffer[]
}

/** A whole file, ready to be sent. */
export interface Media {
  readonly codec: VideoCodec
  /** The first ones of the file, in the order VPS, SPS, PPS. */
  readonly parameterSets: readonly Buffer[]
  /** On average. */
  readonly fps: number
  readonly audio: AudioFormat | null
  /** In sending order, all `sendMs` in `[0, durationMs)`; the first one is a keyframe. */
  readonly units: readonly MediaUnit[]
  readonly durationMs: number
}
