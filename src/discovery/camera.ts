import type { PluginError } from '../contracts/errors.ts'

/** One of the streams a device can send. */
export interface Profile {
  readonly name: string | null
  readonly video_source: string | null
  /** `H264`, `H265`, `JPEG`, … */
  readonly codec: string | null
  readonly width: number | null
  readonly height: number | null
  readonly fps: number | null
  readonly bitrate_kbps: number | null
  /** Frames from one keyframe to the next. */
  readonly keyframe_interval: number | null
  /** Without credentials. null: the device told none that can be used. */
  readonly stream_uri: string | null
  /** The host the stream comes from, where that is not the device. */
  readonly stream_host: string | null
}

/** What would stand in the configuration. */
export interface SuggestedCamera {
  readonly name: string
  readonly main: Profile
  readonly detect: Profile | null
}

/** A device that was found, and what it told. Every text is clean of control characters and of the password. */
export interface FoundCamera {
  readonly address: string
  readonly port: number
  readonly endpoint: string | null
  readonly name: string | null
  readonly manufacturer: string | null
  readonly model: string | null
  readonly firmware: string | null
  readonly serial_number: string | null
  /** null: nobody asked, for want of a password. */
  readonly profiles: readonly Profile[] | null
  readonly cameras: readonly SuggestedCamera[]
  /** What to be wary of. */
  readonly warnings: readonly string[]
  readonly error: Pick<PluginError, 'kind' | 'message'> | null
}
