import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClipFilter } from '../contracts/repository.ts'
import { systemClock } from '../lib/system-clock.ts'
import { aFilterResult, anAnalysis, NOTHING_DETECTED } from '../testkit/builders.ts'
import { aClipState } from '../testkit/clip-states.ts'
import { PATIENT } from '../testkit/database-contract/index.ts'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { noOutsidePostgres, startOutsidePostgres, type OutsidePostgres } from '../testkit/postgres.ts'
import { matchesSql, pageSql, type SqlText } from './clip-filter-sql.ts'
import { openDatabase } from './open-database.ts'

const ROWS = 20_000
const LIMIT = 50
/** A page and what its index reads around it; far below the number of rows. */
const FEW_ROWS = 4 * LIMIT

/** Every single filter, and how to read a plan step. */
const FILTERS: Record<string, ClipFilter> = {
  'no filter': {},
  camera: { camera: 'cam_3' },
  status: { status: 'done' },
  'a rare status': { status: 'error' },
  'deleted clips': { status: 'deleted' },
  alerted: { alerted: true },
  'not alerted': { alerted: false },
  detected: { detected: true },
  'nothing detected': { detected: false },
  risk_level: { risk_level: 'critical' },
  activity_type: { activity_type: 'Delivery' },
  since: { since: '2026-01-01T02:00:00Z' },
  until: { until: '2026-01-01T02:00:00Z' },
}

interface PlanStep {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanStep[]
}

const stepsOf = (step: PlanStep): PlanStep[] => [step, ...(step.Plans ?? []).flatMap(stepsOf)]

describe.skipIf(noOutsidePostgres !== null)(
  `the list over ${ROWS} clips${noOutsidePostgres ? ` (skipped: ${noOutsidePostgres})` : ''}`,
  () => {
    let server: OutsidePostgres
    let client: pg.Client
    beforeAll(async () => {
      server = await startOutsidePostgres()
      await fill(server.dsn)
      client = new pg.Client({ connectionString: server.dsn, options: '-c search_path=homesec' })
      await client.connect()
      await client.query('ANALYZE clip_states')
    })
    afterAll(async () => {
      await client.end()
      await server[Symbol.asyncDispose]()
    })

    async function explain({ text, values }: SqlText): Promise<PlanStep[]> {
      const { rows } = await client.query<{ 'QUERY PLAN': readonly { Plan: PlanStep }[] }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${text}`, [
        ...values,
      ])
      const plan = rows[0]?.['QUERY PLAN'][0]?.Plan
      if (plan === undefined) throw new Error('no plan')
      return stepsOf(plan)
    }

    const deep = { start_ts: new Date(Date.UTC(2026, 0, 1) + ROWS * 500).toISOString(), clip_id: 'z' }
    for (const [name, filter] of Object.entries(FILTERS)) {
      for (const [where, cursor] of Object.entries({ 'first page': null, 'deep in the list': deep })) {
        test(`${name}, ${where}: walks an index in the order of the list and touches hardly more than the page`, async () => {
          const steps = await explain(pageSql(filter, cursor, LIMIT + 1, null))
          const names = steps.map((step) => step['Node Type'])
          expect(names.filter((step) => /Seq Scan|Sort|Bitmap/.test(step))).toEqual([])
          const touched = steps.map((step) => step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0))
          expect(Math.max(...touched)).toBeLessThanOrEqual(FEW_ROWS)
        })
      }
    }

    test('a word of many clips is looked for along the list', async () => {
      const names = (await explain(pageSql({ q: 'door' }, deep, LIMIT + 1, null))).map((step) => step['Node Type'])
      expect(names.filter((step) => /Seq Scan|Sort|Bitmap/.test(step))).toEqual([])
    })

    test('a word of few clips is found through the index of words, one of none too', async () => {
      const { text, values } = matchesSql('ladder:*', 1000)
      const { rows } = await client.query<{ clip_id: string }>(text, [...values])
      const touched = (
        await explain(
          pageSql(
            { q: 'ladder' },
            deep,
            LIMIT + 1,
            rows.map((row) => row.clip_id),
          ),
        )
      ).map((step) => step['Actual Rows'])
      expect(rows.length).toBeGreaterThan(0)
      expect(Math.max(...touched)).toBeLessThanOrEqual(rows.length)
      for (const word of ['ladder', 'zzz', 'door']) {
        const plan = await client.query('SET enable_seqscan = off').then(() => explain(wordsPlan(word)))
        await client.query('RESET enable_seqscan')
        expect(
          plan.map((step) => step['Node Type']),
          word,
        ).toContain('Bitmap Index Scan')
      }
    })
  },
)

/** What `clips_with_words` runs, under its own setting: EXPLAIN does not look into functions. */
function wordsPlan(word: string): SqlText {
  return { text: `SELECT clip_id FROM clip_states WHERE words @@ to_tsquery('simple', $1) LIMIT 1000`, values: [`${word}:*`] }
}

async function fill(dsn: string): Promise<void> {
  let isReady = (): void => undefined
  const ready = new Promise<void>((resolve) => (isReady = resolve))
  const host = { clock: systemClock, log: memoryLogger(), timeouts: PATIENT, onReady: () => isReady() }
  await using database = openDatabase({ kind: 'external', dsn }, host)
  await ready
  const never = new AbortController().signal
  for (let from = 0; from < ROWS; from += 1000) {
    const written = await database.states.upsert(
      Array.from({ length: 1000 }, (_, n) => aVariedClip(from + n)),
      never,
    )
    if (!written.ok) throw new Error(written.error.message)
  }
}

function aVariedClip(n: number) {
  const camera_name = `cam_${n % 7}`
  const start_ts = new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString()
  const status = n % 97 === 0 ? 'error' : n % 31 === 0 ? 'deleted' : 'done'
  const summary = n % 503 === 0 ? 'Someone carries a ladder.' : 'A person stands at the door.'
  const analysis = anAnalysis({
    risk_level: n % 101 === 0 ? 'critical' : 'low',
    activity_type: n % 11 === 0 ? 'delivery' : 'unknown',
    summary,
  })
  return aClipState({
    clip_id: `${camera_name}_${1767225600 + n}.mp4`,
    camera_name,
    start_ts,
    status,
    filter_result: n % 3 === 0 ? aFilterResult() : NOTHING_DETECTED,
    analysis_result: n % 3 === 0 ? analysis : null,
    alert_decision: n % 13 === 0 ? { notify: true, notify_reason: 'because' } : null,
  })
}
