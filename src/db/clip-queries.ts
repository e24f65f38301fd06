import type { PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import type { ClipCursor, ClipFilter, ClipPage, ClipQueries, ClipStats } from '../contracts/repository.ts'
import { ok, type Result } from '../contracts/result.ts'
import { matchesSql, pageSql, wordsQuery } from './clip-filter-sql.ts'
import { readClipSummary } from './clip-state-row.ts'
import { readClipStats } from './clip-stats.ts'
import type { Sql } from './connection.ts'

/** Below this many matches, fetching and sorting all of them is cheaper than walking the list in search of them. */
const FEW_MATCHES = 1000

export class PostgresClipQueries implements ClipQueries {
  readonly #sql: Sql
  readonly #log: Logger

  constructor(sql: Sql, log: Logger) {
    this.#sql = sql
    this.#log = log
  }

  async list(
    filter: ClipFilter,
    page: { readonly cursor: ClipCursor | null; readonly limit: number },
    signal: AbortSignal,
  ): Promise<Result<ClipPage, PluginError>> {
    const matches = await this.#fewMatches(filter, signal)
    if (!matches.ok) return matches
    const { text, values } = pageSql(filter, page.cursor, page.limit + 1, matches.value)
    const found = await this.#sql.query<{ clip_id: string; data: unknown; starts_at: string }>(text, values, signal)
    if (!found.ok) return found
    const rows = found.value.slice(0, page.limit)
    const last = found.value.length > page.limit ? rows.at(-1) : undefined
    return ok({
      clips: rows.flatMap((row) => readClipSummary(row.clip_id, row.data, this.#log) ?? []),
      // From the row, not from the state: a page whose last state is unreadable has a next page too.
      next: last === undefined ? null : { start_ts: last.starts_at, clip_id: last.clip_id },
    })
  }

  stats(since: string, signal: AbortSignal): Promise<Result<ClipStats, PluginError>> {
    return readClipStats(this.#sql, since, signal)
  }

  /** Null when there is no text to search for, or when many clips hold it. */
  async #fewMatches(filter: ClipFilter, signal: AbortSignal): Promise<Result<readonly string[] | null, PluginError>> {
    const words = wordsQuery(filter.q ?? '')
    if (words === null) return ok(null)
    const { text, values } = matchesSql(words, FEW_MATCHES)
    const found = await this.#sql.query<{ clip_id: string }>(text, values, signal)
    if (!found.ok) return found
    return ok(found.value.length < FEW_MATCHES ? found.value.map((row) => row.clip_id) : null)
  }
}
