import type { ClipStatus } from '../contracts/clip-state.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { ClipStats } from '../contracts/repository.ts'
import { ok, type Result } from '../contracts/result.ts'
import type { Sql } from './connection.ts'

/** Answered from the index on cameras alone, never from the wide rows. Deleted clips count only under their status. */
const GROUPS = `
  SELECT camera_name, status, count(*)::float8 AS clips, (count(*) FILTER (WHERE alerted))::float8 AS alerts,
         sum(local_bytes)::float8 AS local_bytes,
         to_char(max(start_ts) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS last_clip_ts
  FROM clip_states WHERE status <> 'deleted' GROUP BY camera_name, status`
const TODAY = `
  SELECT count(*)::float8 AS clips, (count(*) FILTER (WHERE alerted))::float8 AS alerts
  FROM clip_states WHERE status <> 'deleted' AND start_ts >= $1::timestamptz`
/** Deleted clips included: what they cost was spent. */
const SPENT_TODAY = `
  SELECT coalesce(sum(vlm_tokens), 0)::float8 AS tokens, coalesce(sum(vlm_cost_usd), 0)::float8 AS cost_usd
  FROM clip_states WHERE vlm_tokens > 0 AND start_ts >= $1::timestamptz`
const DELETED = `SELECT count(*)::float8 AS clips FROM clip_states WHERE status = 'deleted'`

type Group = {
  readonly camera_name: string
  readonly status: ClipStatus
  readonly clips: number
  readonly alerts: number
  readonly local_bytes: number
  readonly last_clip_ts: string
}

export async function readClipStats(sql: Sql, since: string, signal: AbortSignal): Promise<Result<ClipStats, PluginError>> {
  const [groups, today, spent, deleted] = await Promise.all([
    sql.query<Group>(GROUPS, [], signal),
    sql.query<Today>(TODAY, [since], signal),
    sql.query<Spent>(SPENT_TODAY, [since], signal),
    sql.query<{ clips: number }>(DELETED, [], signal),
  ])
  if (!groups.ok) return groups
  if (!today.ok) return today
  if (!spent.ok) return spent
  if (!deleted.ok) return deleted
  return ok(assemble(groups.value, deleted.value[0] ?? { clips: 0 }, today.value[0] ?? NONE_TODAY, spent.value[0] ?? NOTHING_SPENT))
}

interface Today {
  readonly clips: number
  readonly alerts: number
}
interface Spent {
  readonly tokens: number
  readonly cost_usd: number
}
const NONE_TODAY: Today = { clips: 0, alerts: 0 }
const NOTHING_SPENT: Spent = { tokens: 0, cost_usd: 0 }

function assemble(groups: readonly Group[], deleted: { readonly clips: number }, today: Today, spent: Spent): ClipStats {
  return {
    clips_total: sumOf(groups, 'clips'),
    clips_today: today.clips,
    alerts_total: sumOf(groups, 'alerts'),
    alerts_today: today.alerts,
    local_bytes: sumOf(groups, 'local_bytes'),
    by_camera: byCamera(groups),
    by_status: byStatus(groups, deleted.clips),
    vlm_tokens_today: spent.tokens,
    vlm_cost_usd_today: spent.cost_usd,
  }
}

function sumOf(groups: readonly Group[], field: 'clips' | 'alerts' | 'local_bytes'): number {
  return groups.reduce((sum, group) => sum + group[field], 0)
}

function byCamera(groups: readonly Group[]): ClipStats['by_camera'] {
  const names = [...new Set(groups.map((group) => group.camera_name))].sort()
  return names.map((camera_name) => {
    const own = groups.filter((group) => group.camera_name === camera_name)
    const last_clip_ts =
      own
        .map((group) => group.last_clip_ts)
        .sort()
        .at(-1) ?? null
    return { camera_name, clips: sumOf(own, 'clips'), alerts: sumOf(own, 'alerts'), last_clip_ts }
  })
}

function byStatus(groups: readonly Group[], deleted: number): ClipStats['by_status'] {
  const counts: Partial<Record<ClipStatus, number>> = deleted > 0 ? { deleted } : {}
  for (const group of groups) counts[group.status] = (counts[group.status] ?? 0) + group.clips
  return counts
}
