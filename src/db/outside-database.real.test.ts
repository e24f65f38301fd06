import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../lib/system-clock.ts'
import { aClipState } from '../testkit/clip-states.ts'
import { PATIENT, describeDatabase, valueOf } from '../testkit/database-contract/index.ts'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { noOutsidePostgres, startOutsidePostgres, type OutsidePostgres } from '../testkit/postgres.ts'
import { openDatabase, type Database, type DatabaseHost } from './open-database.ts'

const signal = new AbortController().signal

/** A database and a way to wait for the n-th time that it became usable. */
function openWatched(dsn: string, schema: string, host: Partial<DatabaseHost> = {}) {
  let times = 0
  const waiting: (() => void)[] = []
  const log = memoryLogger()
  const onReady = () => {
    times += 1
    for (const wake of waiting.splice(0)) wake()
  }
  const database = openDatabase({ kind: 'external', dsn, schema }, { clock: systemClock, log, timeouts: PATIENT, onReady, ...host })
  const ready = async (n = 1) => {
    while (times < n) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  return { database, log, ready }
}

async function openReady(dsn: string, schema: string): Promise<Database> {
  const { database, ready } = openWatched(dsn, schema)
  await ready()
  return database
}

describe.skipIf(noOutsidePostgres !== null)(
  `a Postgres server that is not ours${noOutsidePostgres ? ` (skipped: ${noOutsidePostgres})` : ''}`,
  () => {
    let server: OutsidePostgres
    beforeAll(async () => {
      server = await startOutsidePostgres()
    })
    afterAll(async () => {
      await server[Symbol.asyncDispose]()
    })

    describe('does what every database does', () => {
      describeDatabase(() => openReady(server.dsn, 'contract'))
    })

    test('two installs share a server without meeting', async () => {
      await using one = await openReady(server.dsn, 'house_one')
      await using two = await openReady(server.dsn, 'House "two"\\')
      const state = aClipState()
      valueOf(await one.states.upsert([state], signal))
      expect(valueOf(await two.states.get(state.clip_id, signal))).toBeNull()
      valueOf(await two.states.upsert([{ ...state, status: 'done' }], signal))
      expect(valueOf(await one.states.get(state.clip_id, signal))?.status).toBe('queued_local')
    })

    test('two processes that migrate at once do not disturb each other', async () => {
      const all = await Promise.all([1, 2, 3, 4].map(() => openReady(server.dsn, 'crowded')))
      for (const database of all) valueOf(await database.ping(signal))
      for (const database of all) await database[Symbol.asyncDispose]()
    })

    test('keys that we do not know survive our writes, and rows that we cannot read are skipped and reported', async () => {
      const { database, log, ready } = openWatched(server.dsn, 'foreign')
      await ready()
      await using _ = database
      const state = aClipState()
      const newer = aClipState({ clip_id: 'front_door_1767225601.mp4' })
      valueOf(await database.states.upsert([state, newer], signal))
      await asOwner(server.dsn, `UPDATE "foreign".clip_states SET data = data || '{"added_later":1}' WHERE clip_id = '${state.clip_id}'`)
      await asOwner(server.dsn, `UPDATE "foreign".clip_states SET data = data || '{"schema_version":7}' WHERE clip_id = '${newer.clip_id}'`)
      valueOf(await database.states.upsert([{ ...state, status: 'deleted', event_seq: 2 }], signal))
      const kept = await asOwner(server.dsn, `SELECT data ->> 'added_later' AS kept FROM "foreign".clip_states WHERE status = 'deleted'`)
      expect(kept).toEqual([{ kept: '1' }])
      expect(valueOf(await database.states.get(newer.clip_id, signal))).toBeNull()
      expect(valueOf(await database.queries.list({}, { cursor: null, limit: 10 }, signal)).clips).toEqual([])
      expect(log.lines.filter((line) => line.fields['event_type'] === 'clip_row_unreadable')).toHaveLength(2)
    })

    test('a database of a newer version is left alone', async () => {
      await (await openReady(server.dsn, 'newer'))[Symbol.asyncDispose]()
      await asOwner(server.dsn, `INSERT INTO "newer".schema_migrations VALUES (9999, 'from the future', now())`)
      await using probe = await refused(server.dsn, 'newer')
      expect(probe.reason).toContain('9999')
    })

    test('every table and column has a comment', async () => {
      await using _ = await openReady(server.dsn, 'commented')
      const bare = await asOwner(
        server.dsn,
        `SELECT relname, attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND attnum > 0
       WHERE relnamespace = 'commented'::regnamespace AND relkind = 'r' AND NOT attisdropped
         AND (col_description(c.oid, attnum) IS NULL OR obj_description(c.oid) IS NULL)`,
      )
      expect(bare).toEqual([])
    })

    test('after an outage it is ready again, and calls in between fail at once', async () => {
      const { database, ready } = openWatched(server.dsn, 'outage')
      await ready()
      await using _ = database
      await server.stop()
      expect(kindOf(await database.ping(signal))).toBe('unavailable')
      expect(kindOf(await database.ping(signal))).toBe('unavailable')
      await server.start()
      await ready(2)
      valueOf(await database.ping(signal))
    })

    test('a server whose tables are gone is migrated again without a restart', async () => {
      const { database, ready } = openWatched(server.dsn, 'emptied')
      await ready()
      await using _ = database
      await asOwner(server.dsn, 'DROP SCHEMA emptied CASCADE')
      expect(kindOf(await database.states.upsert([aClipState()], signal))).toBe('unavailable')
      await ready(2)
      valueOf(await database.states.upsert([aClipState()], signal))
    })

    test('a server that stops answering costs one call its timeout, the others nothing', async () => {
      const timeouts = { connectMs: 1000, statementMs: 900, answerMs: 1000 }
      const { database, ready } = openWatched(server.dsn, 'frozen', { timeouts })
      await ready()
      await using _ = database
      await server.freeze()
      const together = await Promise.all([database.ping(signal), database.ping(signal), database.ping(signal)])
      expect(together.every((result) => !result.ok)).toBe(true)
      expect(await settlesWithoutTimers(database.ping(signal))).toBe(true)
      await server.thaw()
      await ready(2)
      await expect.poll(async () => kindOf(await database.ping(signal))).toBe('ok') // the time limits of the freeze hold for it too
    })
  },
)

describe('a database that is not there', () => {
  const unusable = {
    'a DSN that is none': 'mysql://user:canary-secret@nowhere/db',
    'a DSN that does not parse': 'postgresql://user:canary-secret@[nowhere/db',
    'a port that nobody listens on': 'postgresql://user:canary-secret@127.0.0.1:1/db',
  }
  for (const [name, dsn] of Object.entries(unusable)) {
    test(`${name}: every call is unavailable, nothing throws, no password is told`, async () => {
      await using probe = await refused(dsn, 'homesec')
      const { states, events, queries, logs } = probe.database
      const results = await Promise.all([
        states.get('a_1.mp4', signal),
        states.versions(signal),
        states.upsert([aClipState()], signal),
        states.ping(signal),
        events.list('a_1.mp4', 0, 10, signal),
        queries.list({ q: 'x' }, { cursor: null, limit: 10 }, signal),
        queries.stats('2026-01-01T00:00:00Z', signal),
        logs.prune({ maxAgeMs: 1, maxRows: 1 }, signal),
      ])
      expect(results.map(kindOf)).toEqual(results.map(() => 'unavailable'))
      expect(JSON.stringify([results, probe.lines])).not.toContain('canary-secret')
    })
  }

  test('a server that accepts and never answers delays no call', async () => {
    const server = await blackHole()
    const { port } = server.address() as AddressInfo // a TCP server has one
    const database = openDatabase(
      { kind: 'external', dsn: `postgresql://u:p@127.0.0.1:${port}/db` },
      { clock: systemClock, log: memoryLogger(), timeouts: { connectMs: 200, statementMs: 200, answerMs: 300 } },
    )
    expect(await settlesWithoutTimers(database.ping(signal))).toBe(true)
    await server.contacted
    expect(await settlesWithoutTimers(database.states.upsert([aClipState()], signal))).toBe(true)
    await database[Symbol.asyncDispose]()
    server.hangUp()
  })
})

function kindOf(result: { readonly ok: true } | { readonly ok: false; readonly error: { readonly kind: string } }): string {
  return result.ok ? 'ok' : result.error.kind
}

/** True if the call needs no time to pass: it is settled before any timer or socket could have fired. */
async function settlesWithoutTimers(call: Promise<unknown>): Promise<boolean> {
  let settled = false
  void call.then(() => (settled = true))
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
  return settled
}

/** Opens a database that cannot be used, and waits until the first try has failed. */
async function refused(dsn: string, schema: string) {
  const log = memoryLogger()
  const failed = new Promise<string>((resolve) => {
    const warn = log.warn.bind(log)
    log.warn = (fields, message) => {
      warn(fields, message)
      if (fields['event_type'] === 'database_unavailable') resolve(String(fields['reason']))
    }
  })
  const database = openDatabase({ kind: 'external', dsn, schema }, { clock: systemClock, log, timeouts: PATIENT })
  return { database, lines: log.lines, reason: await failed, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() }
}

async function asOwner(dsn: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: dsn })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

async function blackHole(): Promise<Server & { readonly contacted: Promise<void>; readonly hangUp: () => void }> {
  const sockets: Socket[] = []
  const server = createServer()
  const contacted = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      sockets.push(socket)
      socket.on('error', () => undefined)
      resolve()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return Object.assign(server, { contacted, hangUp })
}
