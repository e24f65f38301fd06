import { z } from 'zod'
import { ClipStateDataSchema, SCHEMA_VERSION, type ClipStateData, type ClipSummary } from '../contracts/clip-state.ts'
import type { Logger } from '../contracts/logger.ts'

type Migration = (older: Readonly<Record<string, unknown>>) => Record<string, unknown>

/** From version N to N + 1, by N. Empty while there has only been one. */
const MIGRATIONS: Readonly<Record<number, Migration>> = {}

const VersionedSchema = z.looseObject({ schema_version: z.number().int().nonnegative() })

/** A state from the database in today's form; null, and a log line, for one that is newer than we are or broken. The row stays as it is. */
export function readClipState(clipId: string, data: unknown, log: Logger, migrations = MIGRATIONS): ClipStateData | null {
  const versioned = VersionedSchema.safeParse(data)
  const current = versioned.success ? upgrade(versioned.data, migrations) : null
  const parsed = current === null ? null : ClipStateDataSchema.safeParse(current)
  if (parsed?.success) return parsed.data
  const fields = {
    event_type: 'clip_row_unreadable',
    clip_id: clipId,
    schema_version: versioned.success ? versioned.data.schema_version : null,
    at: (parsed?.error.issues ?? []).slice(0, 3).map((issue) => issue.path.join('.')),
  }
  log.warn(fields, 'clip row is newer than this version or broken, left alone')
  return null
}

/** The same for a row of a list, which holds no motion scores. */
export function readClipSummary(clipId: string, data: unknown, log: Logger): ClipSummary | null {
  const state = readClipState(clipId, data, log)
  if (state === null) return null
  const { motion_scores: _notAskedFor, ...summary } = state
  return summary
}

function upgrade(data: z.infer<typeof VersionedSchema>, migrations: Readonly<Record<number, Migration>>): unknown {
  let state: Record<string, unknown> = data
  for (let version = data.schema_version; version < SCHEMA_VERSION; version += 1) {
    const step = migrations[version]
    if (step === undefined) return null
    state = { ...step(state), schema_version: version + 1 }
  }
  return state
}
