import { z } from 'zod'

const text = () => z.string().max(2_000).nullable()
const count = () => z.number().nonnegative().max(1e9).nullable()

export const CredentialsSchema = z.object({ username: z.string(), password: z.string() })
export type Credentials = Readonly<z.infer<typeof CredentialsSchema>>

/** What the worker is asked: everything about one device. */
export const DeviceJobSchema = z.object({
  address: z.string(),
  port: z.number(),
  secure: z.boolean(),
  path: z.string(),
  /** null: only whether an ONVIF device is there. */
  credentials: CredentialsSchema.nullable(),
  answer_within_ms: z.number(),
})
export type DeviceJob = Readonly<z.infer<typeof DeviceJobSchema>>

/** What the worker says when it is there and asks its first question. */
export const TALK_BEGINS = 'talk begins'

/** A profile as the device tells it. */
export const ToldProfileSchema = z.object({
  name: text(),
  /** Profiles with the same one show the same picture. */
  video_source: text(),
  codec: text(),
  width: count(),
  height: count(),
  fps: count(),
  bitrate_kbps: count(),
  /** Frames from one keyframe to the next. */
  keyframe_interval: count(),
  stream_uri: text(),
})
export type ToldProfile = Readonly<z.infer<typeof ToldProfileSchema>>

export const MAX_PROFILES = 64

export const DeviceAnswerSchema = z.object({
  manufacturer: text(),
  model: text(),
  firmware: text(),
  serial_number: text(),
  profiles: z.array(ToldProfileSchema).max(MAX_PROFILES),
})
export type DeviceAnswer = Readonly<z.infer<typeof DeviceAnswerSchema>>

export const NOTHING_TOLD: DeviceAnswer = { manufacturer: null, model: null, firmware: null, serial_number: null, profiles: [] }
