import { z } from 'zod'
import { AlertDecisionSchema } from './alert.ts'
import { AnalysisResultSchema, VlmUsageSchema } from './analysis.ts'
import { ClipSchema, TimestampSchema } from './clip.ts'
import { ClipEventSchema } from './clip-events.ts'
import { FilterResultSchema } from './detection.ts'

export const SCHEMA_VERSION = 1

export const CLIP_STATUSES = ['queued_local', 'uploaded', 'filtered', 'analyzed', 'done', 'error', 'deleted'] as const
export const ClipStatusSchema = z.enum(CLIP_STATUSES)
export type ClipStatus = (typeof CLIP_STATUSES)[number]

export const StageLogSchema = z.object({
  status: z.enum(['pending', 'running', 'ok', 'error', 'skipped']),
  attempts: z.number().int().nonnegative(),
  started_at: TimestampSchema.nullable(),
  finished_at: TimestampSchema.nullable(),
  /** `kind: message` of the last failure, or the reason of a skip. Null after success. */
  last_error: z.string().nullable(),
})
export type StageLog = Readonly<z.infer<typeof StageLogSchema>>

/** What became of the alert that went to one notifier before the clip was judged (`alert.mode: instant`). */
export const FirstAlertSchema = z.object({
  delivery: StageLogSchema,
  /** The channel's own name of the message, by which it can be replaced. Null where it has none. */
  receipt: z.string().nullable(),
  /** Taking it back. Null while nothing has to be. */
  withdrawal: StageLogSchema.nullable(),
})
export type FirstAlert = Readonly<z.infer<typeof FirstAlertSchema>>

/** A copy in one of the places of a storage that keeps several. */
export const ClipCopySchema = z.object({ storage_uri: z.string(), view_url: z.string().nullable(), stored_at: TimestampSchema })
export type ClipCopy = Readonly<z.infer<typeof ClipCopySchema>>

/** Tries to make a clip's picture that brought none. */
export const PictureFailureSchema = z.object({
  attempts: z.number().int().positive(),
  /** `kind: message` of the last one. */
  last_error: z.string(),
  /** Nobody tries any more: there will be no picture. */
  given_up: z.boolean(),
})

/** One clip: the row in `clip_states.data` and, with its events, the journal file. Only ever made by folding events. */
export const ClipStateDataSchema = z.object({
  schema_version: z.literal(SCHEMA_VERSION),
  ...ClipSchema.shape,
  status: ClipStatusSchema,
  stages: z.object({ upload: StageLogSchema, filter: StageLogSchema, vlm: StageLogSchema, notify: StageLogSchema }),
  /** One entry per notifier that was tried or left out, so that a restart repeats only what was not delivered. About verdicts only. */
  notifications: z.record(z.string(), StageLogSchema),
  /** One entry per notifier that was told before the verdict. */
  first_alerts: z.record(z.string(), FirstAlertSchema).default({}),
  /** Set once the upload is complete; where a storage keeps several copies, once all places have it. */
  storage_uri: z.string().nullable(),
  view_url: z.string().nullable(),
  /** By the name of the place, where a storage keeps several copies; filled as they arrive. */
  copies: z.record(z.string(), ClipCopySchema).default({}),
  thumbnail_uri: z.string().nullable(),
  /** Why there is no thumbnail. Null when none was to be made yet, or it was made. */
  thumbnail_failure: PictureFailureSchema.nullable().default(null),
  analysis_uri: z.string().nullable(),
  filter_result: FilterResultSchema.nullable(),
  analysis_result: AnalysisResultSchema.nullable(),
  vlm_usage: VlmUsageSchema.nullable(),
  alert_decision: AlertDecisionSchema.nullable(),
  /** When the first notifier had the verdict; a first alert does not count. */
  alert_sent_at: TimestampSchema.nullable(),
  /** Which models and which configuration made this. */
  provenance: z.object({ filter_model: z.string().nullable(), vlm_model: z.string().nullable(), config_hash: z.string() }),
  created_at: TimestampSchema,
  updated_at: TimestampSchema,
  /** Processing reached its end (`clip_finished`); an upload may still be owed. */
  finished_at: TimestampSchema.nullable(),
  /** The local file was removed, by retention or by the owner. */
  local_deleted_at: TimestampSchema.nullable(),
  /** The storage had it and has it no more: its retention took the last copy. */
  storage_pruned_at: TimestampSchema.nullable().default(null),
  deleted_at: TimestampSchema.nullable(),
  /** Number of events folded so far. */
  event_seq: z.number().int().nonnegative(),
})
export type ClipStateData = Readonly<z.infer<typeof ClipStateDataSchema>>

/** A clip as lists show it: without what only a look at the one clip needs. */
export const ClipSummarySchema = ClipStateDataSchema.omit({ motion_scores: true })
export type ClipSummary = Readonly<z.infer<typeof ClipSummarySchema>>

/** What stands in `<clip_id>.json`: the state, and the events it was folded from. */
export const JournalSchema = ClipStateDataSchema.extend({ events: z.array(ClipEventSchema) })
export type Journal = Readonly<z.infer<typeof JournalSchema>>

/** The copy to show while not all places have one: the earliest that has a link, else the earliest. Pure. */
export function firstCopy(copies: ClipStateData['copies']): ClipCopy | null {
  const inOrder = Object.values(copies).toSorted((a, b) => a.stored_at.localeCompare(b.stored_at))
  return inOrder.find(({ view_url }) => view_url !== null) ?? inOrder[0] ?? null
}

/** Where the storage has the clip, complete upload or not; null: nowhere. Pure. */
export function addressOf({ storage_uri, copies }: Pick<ClipStateData, 'storage_uri' | 'copies'>): string | null {
  return storage_uri ?? firstCopy(copies)?.storage_uri ?? null
}
