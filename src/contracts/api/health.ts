import { z } from 'zod'
import { AppHealthSchema, HEALTH_STATES } from '../health.ts'
import { CameraViewSchema } from './cameras.ts'

export const HealthBodySchema = z.object({ status: z.enum(HEALTH_STATES) })
export type HealthBody = Readonly<z.infer<typeof HealthBodySchema>>

/** Open to everybody, so it counts: no names, no reasons. */
export const ComponentCountSchema = z.object({
  component: z.string(),
  ok: z.number().int().nonnegative(),
  starting: z.number().int().nonnegative(),
  down: z.number().int().nonnegative(),
})

export const HealthV1BodySchema = z.object({ status: z.enum(HEALTH_STATES), components: z.array(ComponentCountSchema) })
export type HealthV1Body = Readonly<z.infer<typeof HealthV1BodySchema>>

/** What the machine is doing right now. Null: not known on this platform. */
export const GaugesSchema = z.object({
  queue_depth: z.number().nonnegative(),
  clips_in_flight: z.number().nonnegative(),
  uploads_pending: z.number().nonnegative(),
  spool_bytes: z.number().nonnegative(),
  disk_free_bytes: z.number().nonnegative().nullable(),
})
export type Gauges = Readonly<z.infer<typeof GaugesSchema>>

export const DiagnosticsBodySchema = z.object({
  version: z.string(),
  uptime_s: z.number().nonnegative(),
  health: AppHealthSchema,
  cameras: z.array(CameraViewSchema),
  gauges: GaugesSchema,
  /** The effective configuration, secrets already replaced. */
  config: z.unknown(),
})
export type DiagnosticsBody = Readonly<z.infer<typeof DiagnosticsBodySchema>>
