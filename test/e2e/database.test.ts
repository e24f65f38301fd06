import { createServer, type Socket } from 'node:net'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { ClipListBodySchema } from '../../src/contracts/api/clips.ts'
import { noOutsidePostgres, startOutsidePostgres } from '../../src/testkit/postgres.ts'
import { openHome, withPhone, type Home } from './harness/home.ts'
import { waitFor } from './harness/wait-for.ts'

const DSN = { enabled: true, dsn_env: 'HOMESEC_DSN' }

/** What the API lists; null while it says that the database is not there. */
async function listed(url: string): Promise<{ readonly clip_id: string; readonly status: string }[] | null> {
  const answer = await fetch(`${url}/api/v1/clips?limit=100`)
  return answer.ok ? ClipListBodySchema.parse(await answer.json()).clips : null
}

function untilListed(url: string, clipIds: readonly string[]): Promise<true> {
  return waitFor(`${clipIds.length} clips in the list`, async () => {
    const clips = await listed(url)
    return clips !== null && clipIds.every((id) => clips.some(({ clip_id, status }) => clip_id === id && status === 'done'))
  })
}

async function rowsOf(dsn: string, clipIds: readonly string[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: dsn })
  await client.connect()
  try {
    const { rows } = await client.query<{ clip_id: string; events: number }>(
      'SELECT s.clip_id, count(e.seq)::int AS events FROM clip_states s JOIN clip_events e USING (clip_id) WHERE clip_id = ANY($1) GROUP BY 1 ORDER BY 1',
      [clipIds],
    )
    return rows
  } finally {
    await client.end()
  }
}

test.skipIf(noOutsidePostgres !== null)(
  'a Postgres that is down at the start, and again later, costs no clip anything and catches up without a restart',
  async () => {
    const home = openHome({ database: DSN })
    const postgres = home.own(await startOutsidePostgres())
    await postgres.stop()
    home.env['HOMESEC_DSN'] = postgres.dsn
    const phone = await withPhone(home)
    const run = await home.start()
    home.drop(1)
    home.drop(2)
    const early = await home.allDone([1, 2])
    expect(phone.alerts).toHaveLength(2)
    expect(home.copiesOf([1, 2])).toEqual([1, 1])
    expect(await listed(run.url)).toBeNull()

    await postgres.start()
    await untilListed(
      run.url,
      early.map(({ clip_id }) => clip_id),
    )
    await postgres.stop()
    home.drop(3)
    const late = await home.done(3)
    await postgres.start()
    const all = [...early, late].toSorted((a, b) => (a.clip_id < b.clip_id ? -1 : 1))
    await untilListed(
      run.url,
      all.map(({ clip_id }) => clip_id),
    )
    await waitFor('all events in the table', async () => {
      const rows = await rowsOf(
        postgres.dsn,
        all.map(({ clip_id }) => clip_id),
      )
      return (
        JSON.stringify(rows) ===
        JSON.stringify(
          all.map(({ clip_id }) => ({ clip_id, events: home.journals().find((each) => each.clip_id === clip_id)?.events.length })),
        )
      )
    })
    expect(run.isRunning).toBe(true)
  },
)

/** Takes connections and never says a word. */
async function blackHole(): Promise<AsyncDisposable & { readonly port: number; connections: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    hole.connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  const hole = {
    port,
    connections: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return hole
}

/** Milliseconds from the arrival of each clip to its end, as its journal has them. */
function clipTimes(home: Home): number[] {
  return home.journals().map(({ created_at, finished_at }) => Date.parse(finished_at ?? '') - Date.parse(created_at))
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

test.skipIf(noOutsidePostgres !== null)(
  'a Postgres that accepts and never answers slows clips by less than 10 %, from the start or after it froze',
  async () => {
    // Nothing is seen, so no picture is made: only what waits for a database could make the difference.
    const filter = { backend: 'mock', config: { detected_classes: [], delay_ms: 3000 } }
    const looking = { filter, concurrency: { filter_workers: 4 }, database: DSN }
    const [healthy, mute, frozen] = [openHome(looking), openHome(looking), openHome(looking)]
    const postgres = healthy.own(await startOutsidePostgres())
    const freezing = frozen.own(await startOutsidePostgres())
    const hole = mute.own(await blackHole())
    healthy.env['HOMESEC_DSN'] = postgres.dsn
    frozen.env['HOMESEC_DSN'] = freezing.dsn
    mute.env['HOMESEC_DSN'] = `postgresql://homesec:secret@127.0.0.1:${hole.port}/homesec`
    const homes = [healthy, mute, frozen]
    const runs = await Promise.all(homes.map((home) => home.start()))
    await Promise.all([runs[0]?.logged('database_ready'), runs[2]?.logged('database_ready')])
    await freezing.freeze()

    // In small waves that reach all three at the same time, so that whatever else the machine does meets all alike.
    const numbers = Array.from({ length: 9 }, (_, n) => n)
    while (numbers.length > 0) {
      const wave = numbers.splice(0, 3)
      for (const n of wave) homes.forEach((home) => home.drop(n))
      await Promise.all(homes.map((home) => home.allDone(wave)))
    }
    expect(hole.connections).toBeGreaterThan(0)
    const [normal = NaN, muted = NaN, froze = NaN] = homes.map((home) => median(clipTimes(home)))
    expect(muted / normal).toBeLessThan(1.1)
    expect(froze / normal).toBeLessThan(1.1)
  },
)

const EMBEDDED = { enabled: true }

function serverPid(home: Home): number {
  return Number(readFileSync(join(home.data, 'db', 'postmaster.pid'), 'utf8').split('\n')[0])
}

/** A zombie is none: here and there nobody collects the children of a killed program. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
  } catch {
    return false
  }
}

test.each([
  { damage: 'a truncated pg_control', file: 'global/pg_control', content: Buffer.alloc(10) },
  { damage: 'a pg_control full of garbage', file: 'global/pg_control', content: Buffer.alloc(8192, 'x') },
  { damage: 'an unknown version', file: 'PG_VERSION', content: Buffer.from('3\n') },
])('a database folder with $damage is moved aside, and the rows come back from the journals', async ({ file, content }) => {
  const home = openHome({ database: EMBEDDED })
  const first = await home.start()
  home.drop(1)
  home.drop(2)
  const clips = (await home.allDone([1, 2])).map(({ clip_id }) => clip_id)
  await untilListed(first.url, clips)
  first.signal('SIGTERM')
  expect(await first.ended).toMatchObject({ code: 0 })

  writeFileSync(join(home.data, 'db', file), content)
  const second = await home.start()
  home.drop(3)
  const fresh = await home.done(3)
  await untilListed(second.url, [...clips, fresh.clip_id])
  expect(readdirSync(home.data).filter((name) => name.startsWith('db.'))).toHaveLength(1)
})

test.skipIf(process.platform !== 'linux')(
  'an embedded server left running by a killed program is taken over by the next one, and stops with it',
  async () => {
    const home = openHome({ database: EMBEDDED })
    const first = await home.start()
    home.drop(1)
    const { clip_id } = await home.done(1)
    await untilListed(first.url, [clip_id])
    const server = serverPid(home)
    await first.kill()
    expect(isAlive(server)).toBe(true)

    const second = await home.start()
    await untilListed(second.url, [clip_id])
    expect(serverPid(home)).toBe(server)
    second.signal('SIGTERM')
    expect(await second.ended).toMatchObject({ code: 0 })
    expect(isAlive(server)).toBe(false)
  },
)
