import { z } from 'zod'
import { RiskLevelSchema } from '../analysis.ts'
import { CameraNameSchema, ClipIdSchema, TimestampSchema } from '../clip.ts'
import { ShownEventSchema } from '../clip-events.ts'
import { ClipStateDataSchema, ClipStatusSchema, ClipSummarySchema, FirstAlertSchema } from '../clip-state.ts'

/** Postgres has no place for NUL in text. */
const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\0]*$/)
const FlagSchema = z.enum(['true', 'false'])

/** `GET /clips`. Filters are joined by AND; strict, since a misspelt filter would silently show everything. */
export const ClipListQuerySchema = z.strictObject({
  camera: CameraNameSchema.optional(),
  status: ClipStatusSchema.optional().describe('Absent: all but deleted clips.'),
  alerted: FlagSchema.optional().describe(
    'Whether the decision was to notify. What came of it at each notifier is in `notifications` of the clip; `alert_sent_at` is null while none was told.',
  ),
  detected: FlagSchema.optional(),
  risk_level: RiskLevelSchema.optional(),
  activity_type: text(64).optional(),
  since: z.string().max(64).optional().describe('Earliest start, with offset; inclusive.'),
  until: z.string().max(64).optional().describe('Latest start, with offset; exclusive.'),
  q: text(200).optional().describe('Free text over camera, summary, activity and detected classes.'),
  cursor: z.string().max(512).optional().describe('next_cursor of the previous page.'),
  limit: z.coerce.number().int().min(1).max(100).default(25),
})
export type ClipListQuery = Readonly<z.infer<typeof ClipListQuerySchema>>

/** Receipts stay inside: see `ShownEventSchema`. */
const shownFirstAlerts = { first_alerts: z.record(z.string(), FirstAlertSchema.omit({ receipt: true })).default({}) }
export const ClipViewSchema = ClipStateDataSchema.extend(shownFirstAlerts).meta({ id: 'Clip' })
export type ClipView = Readonly<z.infer<typeof ClipViewSchema>>

export const ClipListBodySchema = z.object({
  clips: z.array(ClipSummarySchema.extend(shownFirstAlerts).meta({ id: 'ClipSummary' })),
  next_cursor: z.string().nullable().describe('Null on the last page.'),
})
export type ClipListBody = Readonly<z.infer<typeof ClipListBodySchema>>

export const ClipParamsSchema = z.object({ id: ClipIdSchema })

export const ClipEventsQuerySchema = z.strictObject({
  after: z.coerce.number().int().min(0).max(1_000_000_000).default(0).describe('Only events with a higher seq.'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

export const ClipEventsBodySchema = z.object({
  events: z.array(ShownEventSchema),
  next_after: z.number().int().nullable().describe('Value of `after` for the next page; null on the last one.'),
})
export type ClipEventsBody = Readonly<z.infer<typeof ClipEventsBodySchema>>

export const ClipDeletedBodySchema = z.object({ clip_id: ClipIdSchema, deleted_local: z.boolean(), deleted_storage: z.boolean() })
export type ClipDeletedBody = Readonly<z.infer<typeof ClipDeletedBodySchema>>

export const MediaQuerySchema = z.strictObject({
  token: z.string().max(256).optional().describe('From POST media-token, instead of the key.'),
})

/** Links for `<video>` and `<img>`, which cannot send a key. Each opens one thing of one clip, for a while. */
export const MediaTokenBodySchema = z.object({
  media_url: z.string(),
  thumbnail_url: z.string(),
  expires_at: TimestampSchema.nullable().describe('Null: authentication is off, the links need no token.'),
})
export type MediaTokenBody = Readonly<z.infer<typeof MediaTokenBodySchema>>
