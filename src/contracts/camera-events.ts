import { z } from 'zod'
import { CameraNameSchema, TimestampSchema } from './clip.ts'

export const CAMERA_STATES = ['starting', 'ok', 'down'] as const

/** A camera changed its state. Sent as it happens and kept nowhere: `GET /cameras` has the state of now. */
export const CameraEventSchema = z.object({
  camera_name: CameraNameSchema,
  state: z.enum(CAMERA_STATES),
  /** Why it is down and what to do, without secrets; empty when ok. */
  detail: z.string(),
  ts: TimestampSchema,
})
export type CameraEvent = Readonly<z.infer<typeof CameraEventSchema>>

/** What is counted of a camera since the start. */
export interface CameraTally {
  readonly camera_name: string
  readonly up: boolean
  /** How often it went down; one that tries in vain to come back is still in the same outage. */
  readonly outages: number
}
