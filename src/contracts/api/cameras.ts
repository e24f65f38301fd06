import { z } from 'zod'
import { CameraNameSchema, TimestampSchema } from '../clip.ts'

export const CameraViewSchema = z.object({
  name: CameraNameSchema,
  source_backend: z.string(),
  enabled: z.boolean(),
  state: z.enum(['starting', 'ok', 'down']),
  /** Why it is down and what to do; empty when ok. */
  detail: z.string(),
  last_heartbeat: TimestampSchema.nullable(),
  last_clip_ts: TimestampSchema.nullable(),
})
export type CameraView = Readonly<z.infer<typeof CameraViewSchema>>

export const CamerasBodySchema = z.object({ cameras: z.array(CameraViewSchema) })
export type CamerasBody = Readonly<z.infer<typeof CamerasBodySchema>>
