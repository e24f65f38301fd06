import { z } from 'zod'

export const HEALTH_STATES = ['healthy', 'degraded', 'unhealthy'] as const

export const ComponentHealthSchema = z.object({
  /** `camera`, `storage`, `database`, `notifier`, `filter`, `vlm`, `pipeline`, `disk`. */
  component: z.string(),
  /** Which one: the camera's or the notifier's name; empty for the only one of its kind. */
  name: z.string(),
  status: z.enum(['ok', 'starting', 'down']),
  /** Why, and what to do; empty when ok. */
  detail: z.string(),
  checked_at: z.string(),
})
export type ComponentHealth = Readonly<z.infer<typeof ComponentHealthSchema>>

/** Derived from the parts, never set. */
export const AppHealthSchema = z.object({ status: z.enum(HEALTH_STATES), components: z.array(ComponentHealthSchema) })
export type AppHealth = Readonly<z.infer<typeof AppHealthSchema>>
