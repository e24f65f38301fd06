import type { ClipCursor, ClipFilter } from '../contracts/repository.ts'

export interface SqlText {
  readonly text: string
  readonly values: readonly unknown[]
}

/** The motion scores of a page of long clips would be megabytes that no list shows. */
const SUMMARY = `data - 'motion_scores' AS data`
/** Not named `start_ts`: ORDER BY would take the text for the column, and sort. */
const COLUMNS = `clip_id, ${SUMMARY}, to_char(start_ts AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS starts_at`
/** Every column that a condition may name. */
const FILTERED = 'clip_id, start_ts, status, camera_name, alerted, detected, risk_level, activity_type'
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

/**
 * One page of the list.
 * @param matches ids of the clips that hold the words of `q`, when they are few; null to look for the words along the list
 */
export function pageSql(filter: ClipFilter, cursor: ClipCursor | null, limit: number, matches: readonly string[] | null): SqlText {
  const all = conditionsOf(withoutPassedUntil(filter, cursor))
  if (cursor !== null) {
    all.add((value) => `start_ts <= ${value}::timestamptz`, cursor.start_ts) // lets the index begin in the right place
    const start = `$${all.values.length}`
    all.add((value) => `(start_ts, clip_id) < (${start}::timestamptz, ${value})`, cursor.clip_id)
  }
  if (matches !== null) return selectMatches(all, matches, limit)
  const words = wordsQuery(filter.q ?? '')
  // IS TRUE hides the condition from the index of words, which would fetch and sort every match for one page.
  if (words !== null) all.add((value) => `(words @@ to_tsquery('simple', ${value})) IS TRUE`, words)
  return { text: `SELECT ${COLUMNS} FROM clip_states WHERE ${all.toString()} ${ORDER} LIMIT ${limit}`, values: all.values }
}

/** Of two upper bounds the index begins at the first it meets; a page that is past `until` must begin at its cursor. */
function withoutPassedUntil(filter: ClipFilter, cursor: ClipCursor | null): ClipFilter {
  const { until, ...rest } = filter
  // In whole milliseconds, so a cursor that is hardly earlier keeps both bounds.
  const isPassed = until !== undefined && cursor !== null && Date.parse(cursor.start_ts) < Date.parse(until)
  return isPassed ? rest : filter
}

/**
 * MATERIALIZED keeps the planner from walking the list in the hope of meeting the matches early, and from reading all clips beyond
 * the cursor: the matches are fetched by their ids, and everything else is asked of them alone.
 */
function selectMatches(all: Conditions, matches: readonly string[], limit: number): SqlText {
  const values = [...all.values, matches]
  const found = `SELECT ${FILTERED}, data FROM clip_states WHERE clip_id = ANY ($${values.length})`
  const text = `WITH found AS MATERIALIZED (${found}) SELECT ${COLUMNS} FROM found WHERE ${all.toString()} ${ORDER} LIMIT ${limit}`
  return { text, values }
}

export function matchesSql(words: string, atMost: number): SqlText {
  return { text: `SELECT clip_id FROM clips_with_words(to_tsquery('simple', $1), $2) AS found (clip_id)`, values: [words, atMost] }
}
