import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { encodeCursor } from '../src/api/clip-cursor.ts'
import { startApi } from '../src/api/server.ts'
import { socketDirFor } from '../src/db/embedded/socket-dir.ts'
import { SERVER_USER_NAME } from '../src/db/embedded/cluster.ts'
import { openDatabase, type Database } from '../src/db/open-database.ts'
import { systemClock } from '../src/lib/system-clock.ts'
import { ApiWorld } from '../src/testkit/api-fixture.ts'
import { aFilterResult, anAnalysis, NOTHING_DETECTED } from '../src/testkit/builders.ts'
import { aClipState } from '../src/testkit/clip-states.ts'
import { memoryLogger } from '../src/testkit/memory-logger.ts'
import { median, quantile, report } from './_report.ts'

/** `GET /api/v1/clips` over the real API and the embedded database: a page deep in the list costs what the first one costs. */
const ROWS = Number(process.env['BENCH_ROWS'] ?? 200_000)
const PER_WRITE = 2_000
/** A p95 of fewer is the luck of a few pauses of the garbage collector. */
const ROUNDS = 500
const WARM_UP = 10
const FIRST_MS = Date.UTC(2026, 0, 1)
const never = new AbortController().signal

/** Position in time: 0 is the oldest clip, 1 the newest. */
const at = (share: number) => new Date(FIRST_MS + share * ROWS * 1000).toISOString()

const FILTERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no filter': {},
  camera: { camera: 'cam_3' },
  status: { status: 'done' },
  'status (rare)': { status: 'error' },
  alerted: { alerted: 'true' },
  'not alerted': { alerted: 'false' },
  detected: { detected: 'true' },
  'not detected': { detected: 'false' },
  risk_level: { risk_level: 'low' },
  'risk_level (rare)': { risk_level: 'critical' },
  activity_type: { activity_type: 'delivery' },
  since: { since: at(0.01) },
  until: { until: at(0.9) },
  'q (common word)': { q: 'door' },
  'q (rare word)': { q: 'ladder' },
}

function aVariedClip(n: number) {
  const camera_name = `cam_${n % 7}`
  const start_ts = new Date(FIRST_MS + n * 1000).toISOString()
  const analysis = anAnalysis({
    risk_level: n % 101 === 0 ? 'critical' : 'low',
    activity_type: n % 11 === 0 ? 'delivery' : 'unknown',
    summary: n % 503 === 0 ? 'Someone carries a ladder.' : 'A person stands at the door.',
  })
  return aClipState({
    clip_id: `${camera_name}_${1_767_225_600 + n}.mp4`,
    camera_name,
    start_ts,
    created_at: start_ts,
    updated_at: start_ts,
    status: n % 97 === 0 ? 'error' : n % 31 === 0 ? 'deleted' : 'done',
    filter_result: n % 2 === 0 ? aFilterResult() : NOTHING_DETECTED,
    analysis_result: n % 2 === 0 ? analysis : null,
    alert_decision: n % 13 === 0 ? { notify: true, notify_reason: 'because' } : null,
  })
}

async function fill(database: Database): Promise<void> {
  for (let from = 0; from < ROWS; from += PER_WRITE) {
    const states = Array.from({ length: Math.min(PER_WRITE, ROWS - from) }, (_, n) => aVariedClip(from + n))
    const written = await database.states.upsert(states, never)
    if (!written.ok) throw new Error(written.error.message)
  }
}

/** What autovacuum does within its minute. */
async function settleDatabase(dataDir: string): Promise<void> {
  const host = socketDirFor(join(dataDir, 'db'), tmpdir())
  const client = new pg.Client({ host, user: SERVER_USER_NAME, database: 'postgres' })
  await client.connect()
  await client.query('VACUUM ANALYZE homesec.clip_states')
  await client.end()
}

async function timed(url: string): Promise<number> {
  const startedMs = performance.now()
  const answer = await fetch(url)
  const body = (await answer.json()) as { readonly clips?: readonly unknown[] } // our own API's shape
  const ms = performance.now() - startedMs
  if (answer.status !== 200 || body.clips === undefined || body.clips.length === 0) throw new Error(`${url} answered ${answer.status}`)
  return ms
}

/** First page and deep pages by turns, so that a busy moment of the machine hits both alike. */
async function compare(api: string, name: string, filter: Readonly<Record<string, string>>): Promise<void> {
  const url = (more: Readonly<Record<string, string>>) => `${api}/api/v1/clips?${new URLSearchParams({ ...filter, ...more }).toString()}`
  const first: number[] = []
  const deep: number[] = []
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    // Another place each time, none of them near the beginning.
    const cursor = encodeCursor({ start_ts: at(0.2 + (((round + WARM_UP) * 7919) % 400) / 1000), clip_id: 'z_1.mp4' })
    // By turns, so that neither of the two always comes second.
    const deepFirst = round % 2 === 0 ? await timed(url({ cursor })) : null
    const firstMs = await timed(url({}))
    const deepMs = deepFirst ?? (await timed(url({ cursor })))
    if (round < 0) continue
    first.push(firstMs)
    deep.push(deepMs)
  }
  const ratio = quantile(deep, 0.95) / quantile(first, 0.95)
  const of = (q: (values: readonly number[]) => number) => `${q(first).toFixed(1)} → ${q(deep).toFixed(1)} ms`
  report({
    name: `clip list, ${name}`,
    value: ratio,
    unit: '× p95',
    limit: '≤ 1.5',
    pass: ratio <= 1.5,
    detail: `first → deep, p95 ${of((values) => quantile(values, 0.95))}, median ${of(median)}`,
  })
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'homesec-list-'))
  try {
    let isReady = (): void => undefined
    const ready = new Promise<void>((resolve) => (isReady = resolve))
    await using database = openDatabase(
      { kind: 'embedded', dataDir },
      { clock: systemClock, log: memoryLogger(), onReady: () => isReady() },
    )
    await ready
    await fill(database)
    await settleDatabase(dataDir)
    const deps = { ...new ApiWorld().deps(), clock: systemClock, queries: database.queries }
    const options = { host: '127.0.0.1', port: 0, auth: { enabled: false, apiKey: null }, corsOrigins: [], allowInsecure: false }
    const started = await startApi(deps, options)
    if (!started.ok) throw new Error(started.error.message)
    await using server = started.value
    for (const [name, filter] of Object.entries(FILTERS)) await compare(server.url, name, filter)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

await main()
