import { ClipEventSchema, type ClipEvent } from '../contracts/clip-events.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import type { EventStore } from '../contracts/repository.ts'
import { ok, type Result } from '../contracts/result.ts'
import type { Sql } from './connection.ts'
import { jsonText } from './json-text.ts'
import { writeRows } from './write-rows.ts'

const APPEND = `
  INSERT INTO clip_events (clip_id, seq, event_type, ts, data)
  SELECT event ->> 'clip_id', (event ->> 'seq')::integer, event ->> 'event_type', (event ->> 'ts')::timestamptz, event
  FROM jsonb_array_elements($1::jsonb) AS event
  ON CONFLICT (clip_id, seq) DO NOTHING`
const FORGET = `DELETE FROM clip_events WHERE clip_id = ANY($1) AND event_type <> 'clip_deleted'`
const LIST = 'SELECT seq, data FROM clip_events WHERE clip_id = $1 AND seq > $2 ORDER BY seq LIMIT $3'

export class PostgresEventStore implements EventStore {
  readonly #sql: Sql
  readonly #log: Logger

  constructor(sql: Sql, log: Logger) {
    this.#sql = sql
    this.#log = log
  }

  append(events: readonly ClipEvent[], signal: AbortSignal): Promise<Result<void, PluginError>> {
    return writeRows(events, (rows) => this.#sql.query(APPEND, [jsonText(rows)], signal))
  }

  async forget(clipIds: readonly string[], signal: AbortSignal): Promise<Result<void, PluginError>> {
    const deleted = await this.#sql.query(FORGET, [clipIds], signal)
    return deleted.ok ? ok() : deleted
  }

  async list(clipId: string, afterSeq: number, limit: number, signal: AbortSignal): Promise<Result<readonly ClipEvent[], PluginError>> {
    const found = await this.#sql.query<{ seq: number; data: unknown }>(LIST, [clipId, afterSeq, limit], signal)
    if (!found.ok) return found
    return ok(found.value.flatMap((row) => this.#readEvent(clipId, row)))
  }

  #readEvent(clipId: string, row: { readonly seq: number; readonly data: unknown }): ClipEvent[] {
    const parsed = ClipEventSchema.safeParse(row.data)
    if (parsed.success) return [parsed.data]
    this.#log.warn(
      { event_type: 'event_row_unreadable', clip_id: clipId, seq: row.seq },
      'event row is of a newer version or broken, left alone',
    )
    return []
  }
}
