import type { ClipStateData } from '../contracts/clip-state.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import type { StateStore } from '../contracts/repository.ts'
import { ok, type Result } from '../contracts/result.ts'
import { readClipState } from './clip-state-row.ts'
import type { Sql } from './connection.ts'
import { jsonText } from './json-text.ts'
import { writeRows } from './write-rows.ts'

/** `||` keeps top-level keys that we do not know; `>=` lets a rebuild repeat what is there. */
const UPSERT = `
  INSERT INTO clip_states AS old (clip_id, data, start_ts, created_at, updated_at, event_seq)
  SELECT state ->> 'clip_id', state, (state ->> 'start_ts')::timestamptz, (state ->> 'created_at')::timestamptz,
         (state ->> 'updated_at')::timestamptz, (state ->> 'event_seq')::integer
  FROM jsonb_array_elements($1::jsonb) AS state
  ON CONFLICT (clip_id) DO UPDATE
  SET data = old.data || excluded.data, start_ts = excluded.start_ts, updated_at = excluded.updated_at, event_seq = excluded.event_seq
  WHERE excluded.event_seq >= old.event_seq`

export class PostgresStateStore implements StateStore {
  readonly #sql: Sql
  readonly #log: Logger

  constructor(sql: Sql, log: Logger) {
    this.#sql = sql
    this.#log = log
  }

  upsert(states: readonly ClipStateData[], signal: AbortSignal): Promise<Result<void, PluginError>> {
    return writeRows(newestPerClip(states), (rows) => this.#sql.query(UPSERT, [jsonText(rows)], signal))
  }

  async get(clipId: string, signal: AbortSignal): Promise<Result<ClipStateData | null, PluginError>> {
    const found = await this.#sql.query<{ data: unknown }>('SELECT data FROM clip_states WHERE clip_id = $1', [clipId], signal)
    if (!found.ok) return found
    const row = found.value[0]
    return ok(row === undefined ? null : readClipState(clipId, row.data, this.#log))
  }

  async versions(signal: AbortSignal): Promise<Result<ReadonlyMap<string, number>, PluginError>> {
    const found = await this.#sql.query<{ clip_id: string; event_seq: number }>('SELECT clip_id, event_seq FROM clip_states', [], signal)
    return found.ok ? ok(new Map(found.value.map((row) => [row.clip_id, row.event_seq]))) : found
  }

  async ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    const answered = await this.#sql.query('SELECT 1', [], signal)
    return answered.ok ? ok() : answered
  }
}

/** One statement must not touch a row twice. */
function newestPerClip(states: readonly ClipStateData[]): readonly ClipStateData[] {
  const newest = new Map<string, ClipStateData>()
  for (const state of states) {
    const known = newest.get(state.clip_id)
    if (known === undefined || state.event_seq >= known.event_seq) newest.set(state.clip_id, state)
  }
  return [...newest.values()]
}
