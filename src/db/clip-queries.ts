import type { PluginError } from '../contracts/errors.ts'
import type { Logger } from '../contracts/logger.ts'
import type { ClipCursor, ClipFilter, ClipPage, ClipQueries, ClipStats } from '../contracts/repository.ts'
import { ok, type Result } from '../contracts/result.ts'
import { countMatchesSql, pageSql, wordsQuery, type TextSearch } from './clip-filter-sql.ts'
import { readClipState } from './clip-state-row.ts'
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
    const search = await this.#chooseSearch(filter, signal)
    if (!search.ok) return search
    const { text, values } = pageSql(filter, page.cursor, page.limit + 1, search.value)
    const found = await this.#sql.query<{ clip_id: string; data: unknown; start_ts: string }>(text, values, signal)
    if (!found.ok) return found
    const rows = found.value.slice(0, page.limit)
    const last = found.value.length > page.limit ? rows.at(-1) : undefined
    return ok({
      clips: rows.flatMap((row) => readClipState(row.clip_id, row.data, this.#log) ?? []),
      // From the row, not from the state: a page whose last state is unreadable has a next page too.
      next: last === undefined ? null : { start_ts: last.start_ts, clip_id: last.clip_id },
    })
  }

  stats(since: string, signal: AbortSignal): Promise<Result<ClipStats, PluginError>> {
    return readClipStats(this.#sql, since, signal)
  }

  async #chooseSearch(filter: ClipFilter, signal: AbortSignal): Promise<Result<TextSearch, PluginError>> {
    const words = wordsQuery(filter.q ?? '')
    if (words === null) return ok('along_list')
    const { text, values } = countMatchesSql(words, FEW_MATCHES)
    const counted = await this.#sql.query<{ count: number }>(text, values, signal)
    if (!counted.ok) return counted
    return ok((counted.value[0]?.count ?? 0) < FEW_MATCHES ? 'by_index' : 'along_list')
  }
}
