import { z } from 'zod'
import { TimestampSchema } from '../clip.ts'
import { ClipStatusSchema } from '../clip-state.ts'

const count = z.number().int().nonnegative()

const alerts = count.describe('Clips that were decided to notify of, as with `alerted=true`.')

/** "Today" begins at midnight in the time zone of the machine. */
export const StatsBodySchema = z.object({
  clips_total: count,
  clips_today: count,
  alerts_total: alerts,
  alerts_today: alerts,
  /** Bytes of clips that are still on the local disk. */
  local_bytes: z.number().nonnegative(),
  by_camera: z.array(z.object({ camera_name: z.string(), clips: count, alerts, last_clip_ts: TimestampSchema.nullable() })),
  by_status: z.partialRecord(ClipStatusSchema, count),
  vlm_tokens_today: count,
  vlm_cost_usd_today: z.number().nonnegative(),
  cameras_total: count,
  cameras_online: count,
  uptime_s: z.number().nonnegative(),
})
export type StatsBody = Readonly<z.infer<typeof StatsBodySchema>>
