import type { ClipCursor, ClipFilter } from '../contracts/repository.ts'

export interface SqlText {
  readonly text: string
  readonly values: readonly unknown[]
}

/** How free text is looked up: through the index of words when few rows match, else along the list until the page is full. */
export type TextSearch = 'by_index' | 'along_list'

const COLUMNS = `clip_id, data, to_char(start_ts AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS start_ts`
const ORDER = 'ORDER BY start_ts DESC, clip_id DESC'

class Conditions {
  readonly values: unknown[] = []
  readonly #texts: string[] = []

  add(text: (placeholder: string) => string, value: unknown): void {
    this.values.push(value)
    this.#texts.push(text(`$${this.values.length}`))
  }

  addText(text: string): void {
    this.#texts.push(text)
  }

  toString(): string {
    return this.#texts.join(' AND ')
  }
}

/** Each condition is written as its index in the migrations is, or the planner would not use it. */
function conditionsOf(filter: ClipFilter): Conditions {
  const all = new Conditions()
  if (filter.status === undefined) all.addText(`status <> 'deleted'`)
  else all.add((value) => `status = ${value}`, filter.status)
  if (filter.camera !== undefined) all.add((value) => `camera_name = ${value}`, filter.camera)
  if (filter.alerted !== undefined) all.add((value) => `alerted = ${value}`, filter.alerted)
  if (filter.detected !== undefined) all.add((value) => `detected = ${value}`, filter.detected)
  if (filter.risk_level !== undefined) all.add((value) => `risk_level = lower(${value})`, filter.risk_level)
  if (filter.activity_type !== undefined) all.add((value) => `activity_type = lower(${value})`, filter.activity_type)
  if (filter.since !== undefined) all.add((value) => `start_ts >= ${value}::timestamptz`, filter.since)
  if (filter.until !== undefined) all.add((value) => `start_ts < ${value}::timestamptz`, filter.until)
  return all
}

/** Every word of `q` as a prefix, joined by AND; null when there is no word in it. */
export function wordsQuery(q: string): string | null {
  const words = q.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  return words.length === 0
    ? null
    : words
        .slice(0, 16)
        .map((word) => `${word}:*`)
        .join(' & ')
}

export function pageSql(filter: ClipFilter, cursor: ClipCursor | null, limit: number, search: TextSearch): SqlText {
  const words = wordsQuery(filter.q ?? '')
  const all = conditionsOf(filter)
  if (cursor !== null) {
    all.add((value) => `start_ts <= ${value}::timestamptz`, cursor.start_ts) // lets the index begin in the right place
    const start = `$${all.values.length}`
    all.add((value) => `(start_ts, clip_id) < (${start}::timestamptz, ${value})`, cursor.clip_id)
  }
  if (words === null) return selectPage(all, limit)
  if (search === 'by_index') return selectMatches(all, words, limit)
  // IS TRUE hides the condition from the index of words, which would fetch and sort every match for one page.
  all.add((value) => `(words @@ to_tsquery('simple', ${value})) IS TRUE`, words)
  return selectPage(all, limit)
}

function selectPage(all: Conditions, limit: number): SqlText {
  return { text: `SELECT ${COLUMNS} FROM clip_states WHERE ${all.toString()} ${ORDER} LIMIT ${limit}`, values: all.values }
}

function selectMatches(all: Conditions, words: string, limit: number): SqlText {
  const conditions = all.toString()
  const values = [...all.values, words]
  const matches = `SELECT clip_id FROM clip_states WHERE words @@ to_tsquery('simple', $${values.length}) AND ${conditions} ${ORDER} LIMIT ${limit}`
  return { text: `SELECT ${COLUMNS} FROM clip_states WHERE clip_id IN (${matches}) ${ORDER}`, values }
}

/** Counts matches of the words alone, but no further than `atMost`: enough to choose between the two ways. */
export function countMatchesSql(words: string, atMost: number): SqlText {
  return {
    text: `SELECT count(*)::int AS count FROM (SELECT 1 FROM clip_states WHERE words @@ to_tsquery('simple', $1) LIMIT ${atMost}) AS matches`,
    values: [words],
  }
}
