import { z } from 'zod'
import { ALERT_STAGES, AlertDecisionSchema } from './alert.ts'
import { AnalysisResultSchema, VlmUsageSchema } from './analysis.ts'
import { ClipSchema, TimestampSchema } from './clip.ts'
import { FilterResultSchema } from './detection.ts'
import { ErrorKindSchema } from './errors.ts'

/** A stage's error as it is stored: no cause, no stack. */
export const StoredErrorSchema = z.object({ kind: ErrorKindSchema, message: z.string(), plugin: z.string() })
export type StoredError = Readonly<z.infer<typeof StoredErrorSchema>>

const attempt = z.number().int().positive()
const started = { attempt }
const completed = { attempt, duration_ms: z.number().nonnegative() }
const failed = { attempt, duration_ms: z.number().nonnegative(), will_retry: z.boolean(), error: StoredErrorSchema }
const notifier = z.string()
/** Whose delivery it was. Absent: of the verdict. */
const delivery = { notifier, alert_stage: z.enum(ALERT_STAGES).exactOptional() }

/** Why an alert goes to a notifier later, in a digest. */
export const HOLD_REASONS = ['quiet_hours', 'cooldown'] as const
export type HoldReason = (typeof HOLD_REASONS)[number]

const SentSchema = z.object({
  event_type: z.literal('notification_sent'),
  ...completed,
  ...delivery,
  /** The channel's own name of the message, by which a later stage can replace it. */
  receipt: z.string().max(1000).exactOptional(),
})

const OTHER_FACTS = [
  z.object({ event_type: z.literal('clip_recorded'), clip: ClipSchema, config_hash: z.string() }),
  z.object({ event_type: z.literal('clip_recovered'), reason: z.string() }),
  z.object({ event_type: z.literal('upload_started'), ...started }),
  z.object({ event_type: z.literal('upload_copied'), place: z.string(), storage_uri: z.string(), view_url: z.string().nullable() }),
  z.object({ event_type: z.literal('upload_completed'), ...completed, storage_uri: z.string(), view_url: z.string().nullable() }),
  z.object({ event_type: z.literal('upload_failed'), ...failed }),
  z.object({ event_type: z.literal('filter_started'), ...started }),
  z.object({ event_type: z.literal('filter_completed'), ...completed, filter_result: FilterResultSchema }),
  z.object({ event_type: z.literal('filter_failed'), ...failed }),
  z.object({ event_type: z.literal('vlm_started'), ...started }),
  z.object({ event_type: z.literal('vlm_completed'), ...completed, analysis_result: AnalysisResultSchema, usage: VlmUsageSchema }),
  z.object({ event_type: z.literal('vlm_failed'), ...failed }),
  z.object({ event_type: z.literal('vlm_skipped'), reason: z.string() }),
  z.object({ event_type: z.literal('artifacts_stored'), thumbnail_uri: z.string().nullable(), analysis_uri: z.string().nullable() }),
  /** No picture could be made of the clip. Without a retry it is given up. */
  z.object({ event_type: z.literal('thumbnail_failed'), attempt, will_retry: z.boolean(), error: StoredErrorSchema }),
  z.object({ event_type: z.literal('alert_decision_made'), alert_decision: AlertDecisionSchema }),
  z.object({ event_type: z.literal('notification_started'), ...started, ...delivery }),
  z.object({ event_type: z.literal('notification_failed'), ...failed, ...delivery }),
  /** Without a notifier: nobody was told. With one: it does not want this alert. */
  z.object({ event_type: z.literal('notification_skipped'), reason: z.string(), notifier: notifier.exactOptional() }),
  z.object({ event_type: z.literal('notification_held'), notifier, reason: z.enum(HOLD_REASONS) }),
  /** What was held back was told in a digest. */
  z.object({ event_type: z.literal('notification_digested'), notifier }),
  z.object({ event_type: z.literal('clip_finished') }),
  z.object({ event_type: z.literal('clip_pruned'), reason: z.string() }),
  z.object({ event_type: z.literal('storage_pruned'), place: z.string().nullable(), reason: z.string() }),
  z.object({ event_type: z.literal('clip_deleted'), deleted_local: z.boolean(), deleted_storage: z.boolean(), reason: z.string() }),
] as const

/** Everything that can happen to a clip. The state of a clip is the fold of these, and nothing else. */
export const ClipFactSchema = z.discriminatedUnion('event_type', [...OTHER_FACTS, SentSchema])
/** What happened, before it was numbered and dated. */
export type ClipFact = Readonly<z.infer<typeof ClipFactSchema>>
export type ClipEventType = ClipFact['event_type']

const PlaceInClipSchema = z.object({ clip_id: z.string(), seq: z.number().int().positive(), ts: TimestampSchema })

/** A fact in its place: `seq` counts from 1 within the clip. `(clip_id, seq)` identifies the event everywhere. */
export const ClipEventSchema = z.intersection(ClipFactSchema, PlaceInClipSchema)
export type ClipEvent = Readonly<z.infer<typeof ClipEventSchema>>

/** An event as it is shown: a receipt is between the core and the notifier, and may allow to change the message. */
export const ShownEventSchema = z.intersection(
  z.discriminatedUnion('event_type', [...OTHER_FACTS, SentSchema.omit({ receipt: true })]),
  PlaceInClipSchema,
)
export type ShownEvent = Readonly<z.infer<typeof ShownEventSchema>>
