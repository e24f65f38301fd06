import { z } from 'zod'
import { RiskLevelSchema } from './analysis.ts'
import { CameraNameSchema, TimestampSchema } from './clip.ts'

export const AlertDecisionSchema = z.object({
  notify: z.boolean(),
  /** Why, as the owner reads it, e.g. `risk_level=high`. */
  notify_reason: z.string(),
})
export type AlertDecision = Readonly<z.infer<typeof AlertDecisionSchema>>

/**
 * first: sent as soon as something was detected, before it was judged (`alert.mode: instant`). verdict: what was decided; in `verified`
 * mode the only one. withdrawn: a `first` was judged not to matter, or its clip was deleted; channels that can, take it back or mark it.
 * A `first` that nobody could judge is never withdrawn: its verdict says `unverified` and why.
 */
export const ALERT_STAGES = ['first', 'verdict', 'withdrawn'] as const
export type AlertStage = (typeof ALERT_STAGES)[number]

/** What a household is told about one clip: the payload on `homecam/alerts/{camera_name}`. */
export const AlertSchema = z.object({
  clip_id: z.string(),
  camera_name: z.string(),
  storage_uri: z.string().nullable(),
  view_url: z.string().nullable(),
  /** Null when no analysis is there. */
  risk_level: RiskLevelSchema.nullable(),
  activity_type: z.string().nullable(),
  notify_reason: z.string(),
  summary: z.string().nullable(),
  /** When the alert was made. */
  ts: TimestampSchema,
  /** Same as `clip_id`: a second message with the same key is about the same event. */
  dedupe_key: z.string(),
  /** True only if the upload failed; false while it is still under way. */
  upload_failed: z.boolean(),
  upload_pending: z.boolean(),
  vlm_failed: z.boolean(),
  /** When the clip began. */
  start_ts: TimestampSchema,
  duration_s: z.number().nonnegative(),
  detected_classes: z.array(z.string()),
  confidence: z.number().nonnegative(),
  thumbnail_uri: z.string().nullable(),
  stage: z.enum(ALERT_STAGES),
})
export type Alert = Readonly<z.infer<typeof AlertSchema>>

/** What goes with an alert where the channel can carry it. */
export interface AlertMedia {
  /** The best detection frame, JPEG. Null when none could be made. */
  readonly thumbnail: Uint8Array | null
  /** What `onReceipt` heard when this notifier delivered an earlier stage of the same alert: that message is to be replaced. Null: none was. */
  readonly replaces: string | null
  /** Takes the channel's own name of the message just delivered, at most 1000 characters, if a later stage can replace it by that. */
  readonly onReceipt?: (receipt: string) => void
}

export const SYSTEM_ALERT_CODES = [
  'stage_exhausted',
  'clip_quarantined',
  'clip_not_taken',
  'clip_lost',
  'disk_full',
  'disk_floor',
  'journal_unreadable',
  'vlm_budget_spent',
  'recovery_digest',
  'quiet_digest',
  'part_down',
  'part_up',
] as const

/** Something the owner should know about HomeSec itself: the payload on `homecam/system/errors`. */
export const SystemAlertSchema = z.object({
  code: z.enum(SYSTEM_ALERT_CODES),
  severity: z.enum(['info', 'warning', 'error']),
  /** One or two sentences that say what happened and what to do. A `quiet_digest` goes on with a line for each alert it stands for. */
  message: z.string(),
  camera_name: CameraNameSchema.nullable(),
  clip_id: z.string().nullable(),
  ts: TimestampSchema,
})
export type SystemAlert = Readonly<z.infer<typeof SystemAlertSchema>>

/** A digest stands for alerts that were not told one by one: whoever wants alerts and no news about HomeSec itself still gets it. */
export function isAboutAlerts({ code }: Pick<SystemAlert, 'code'>): boolean {
  return code === 'quiet_digest' || code === 'recovery_digest'
}
