import type { Clock } from '../contracts/clock.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { LogRow, LogStore } from '../contracts/repository.ts'
import { ok, type Result } from '../contracts/result.ts'
import type { Sql } from './connection.ts'
import { jsonText } from './json-text.ts'
import { writeRows } from './write-rows.ts'

const APPEND = `
  INSERT INTO logs (ts, level, message, clip_id, camera_name, fields)
  SELECT (line ->> 'ts')::timestamptz, line ->> 'level', line ->> 'message', line ->> 'clip_id', line ->> 'camera_name', line -> 'fields'
  FROM jsonb_array_elements($1::jsonb) AS line`
const DELETE_BATCH = 5000
/** Deletes at most a batch per statement: short locks, and within the statement timeout however much has gathered. */
const PRUNE_OLD = `
  WITH gone AS (DELETE FROM logs WHERE id IN (SELECT id FROM logs WHERE ts < $1 ORDER BY ts LIMIT ${DELETE_BATCH}) RETURNING 1)
  SELECT count(*)::int AS count FROM gone`
const PRUNE_SURPLUS = `
  WITH surplus AS (SELECT greatest(0, count(*) - $1::bigint) AS rows FROM logs),
  gone AS (
    DELETE FROM logs WHERE id IN (SELECT id FROM logs ORDER BY id LIMIT (SELECT least(rows, ${DELETE_BATCH}) FROM surplus)) RETURNING 1
  )
  SELECT count(*)::int AS count FROM gone`

export class PostgresLogStore implements LogStore {
  readonly #sql: Sql
  readonly #clock: Pick<Clock, 'now'>

  constructor(sql: Sql, clock: Pick<Clock, 'now'>) {
    this.#sql = sql
    this.#clock = clock
  }

  append(rows: readonly LogRow[], signal: AbortSignal): Promise<Result<void, PluginError>> {
    return writeRows(rows, (batch) => this.#sql.query(APPEND, [jsonText(batch)], signal))
  }

  async prune(limits: { readonly maxAgeMs: number; readonly maxRows: number }, signal: AbortSignal): Promise<Result<number, PluginError>> {
    const oldest = new Date(this.#clock.now().getTime() - limits.maxAgeMs).toISOString()
    const old = await this.#deleteAll(PRUNE_OLD, oldest, signal)
    if (!old.ok) return old
    const surplus = await this.#deleteAll(PRUNE_SURPLUS, limits.maxRows, signal)
    return surplus.ok ? ok(old.value + surplus.value) : surplus
  }

  async #deleteAll(statement: string, limit: string | number, signal: AbortSignal): Promise<Result<number, PluginError>> {
    for (let total = 0; ;) {
      const deleted = await this.#sql.query<{ count: number }>(statement, [limit], signal)
      if (!deleted.ok) return deleted
      const count = deleted.value[0]?.count ?? 0
      total += count
      if (count < DELETE_BATCH) return ok(total)
    }
  }
}
