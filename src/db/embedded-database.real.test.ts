import { execFileSync, spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../lib/system-clock.ts'
import { aClipState } from '../testkit/clip-states.ts'
import { PATIENT, describeDatabase, valueOf } from '../testkit/database-contract/index.ts'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { isAlive } from './embedded/postmaster-pid.ts'
import { openDatabase, type Database } from './open-database.ts'

const signal = new AbortController().signal
let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'homesec-db-'))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

interface Watched {
  readonly database: Database
  readonly rebuilt: string[]
  readonly lines: ReturnType<typeof memoryLogger>['lines']
  readonly ready: (n?: number) => Promise<void>
}

function openWatched(dataDir: string): Watched {
  const rebuilt: string[] = []
  const log = memoryLogger()
  const waiting: (() => void)[] = []
  let times = 0
  const onReady = () => {
    times += 1
    for (const wake of waiting.splice(0)) wake()
  }
  const onRebuilt = (movedTo: string) => void rebuilt.push(movedTo)
  const database = openDatabase({ kind: 'embedded', dataDir }, { clock: systemClock, log, timeouts: PATIENT, onReady, onRebuilt })
  const ready = async (n = 1) => {
    while (times < n) await new Promise<void>((resolve) => waiting.push(resolve))
  }
  return { database, rebuilt, lines: log.lines, ready }
}

/** A file system of a size of our own needs root. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'homesec-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    execFileSync('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const pidIn = async (dataDir: string) => Number((await readFile(join(dataDir, 'db', 'postmaster.pid'), 'utf8')).split('\n')[0])

/** A data folder with one clip in its database, and the server stopped. */
async function folderWithClip(name: string): Promise<string> {
  const dataDir = join(root, name)
  const { database, ready } = openWatched(dataDir)
  await ready()
  valueOf(await database.states.upsert([aClipState()], signal))
  await database[Symbol.asyncDispose]()
  return dataDir
}

const findClip = async (database: Database) => valueOf(await database.states.get(aClipState().clip_id, signal))

describe('the embedded database does what every database does', () => {
  describeDatabase(async () => {
    const { database, ready } = openWatched(join(root, 'contract'))
    await ready()
    return database
  })
})

test('opening returns at once, closing stops the server, and what was written is there the next time', async () => {
  const dataDir = await folderWithClip('again')
  const { database, ready } = openWatched(dataDir)
  const early = await database.ping(signal)
  expect(early.ok ? 'ok' : early.error.kind).toBe('unavailable')
  await ready()
  expect(await findClip(database)).toEqual(aClipState())
  const pid = await pidIn(dataDir)
  await database[Symbol.asyncDispose]()
  expect(await isAlive(pid)).toBe(false)
})

test('nobody but us can reach the server: a Unix socket in a closed folder, no port', async () => {
  const dataDir = join(root, 'closed')
  const { database, ready } = openWatched(dataDir)
  await ready()
  expect((await stat(join(dataDir, 'db'))).mode & 0o077).toBe(0)
  expect((await readFile(join(dataDir, 'db', 'postmaster.pid'), 'utf8')).split('\n')[5]).toBe('')
  await database[Symbol.asyncDispose]()
})

test('a server that dies is started again, with what was written', async () => {
  const dataDir = await folderWithClip('dies')
  const { database, ready } = openWatched(dataDir)
  await ready()
  process.kill(await pidIn(dataDir), 'SIGKILL')
  await ready(2)
  expect(await findClip(database)).toEqual(aClipState())
  await database[Symbol.asyncDispose]()
})

test('a data folder whose path is too long for a socket works too', async () => {
  const dataDir = join(root, 'long'.repeat(30))
  const { database, ready } = openWatched(dataDir)
  await ready()
  valueOf(await database.ping(signal))
  await database[Symbol.asyncDispose]()
})

test.skipIf(process.getuid?.() !== 0)('as root the server runs as another user, whether or not that one may enter the folder', async () => {
  const dataDir = await folderWithClip('changing') // below a folder that only root may enter
  await chmod(root, 0o755)
  const open = openWatched(dataDir)
  await open.ready()
  expect((await stat(join(dataDir, 'db'))).uid).not.toBe(0)
  expect(await findClip(open.database)).toEqual(aClipState())
  await open.database[Symbol.asyncDispose]()
  await chmod(root, 0o700)
  const closed = openWatched(dataDir)
  await closed.ready()
  expect((await stat(join(dataDir, 'db'))).uid).toBe(0)
  expect(await findClip(closed.database)).toEqual(aClipState())
  await closed.database[Symbol.asyncDispose]()
})

describe('a folder that does not open is moved aside and made anew', () => {
  const damages: Record<string, (db: string) => Promise<void>> = {
    'pg_control is truncated': (db) => truncate(join(db, 'global', 'pg_control'), 100),
    'pg_control is garbage': (db) => writeFile(join(db, 'global', 'pg_control'), Buffer.alloc(8192, 'x')),
    'the write-ahead log is gone': async (db) => {
      for (const name of await readdir(join(db, 'pg_wal'))) await rm(join(db, 'pg_wal', name), { recursive: true })
    },
    'it is of another major version': (db) => writeFile(join(db, 'PG_VERSION'), '9\n'),
    'it is no database at all': async (db) => {
      await rm(db, { recursive: true })
      await mkdir(db)
      await writeFile(join(db, 'holiday.jpg'), 'x')
    },
  }
  for (const [name, damage] of Object.entries(damages)) {
    test(name, async () => {
      const dataDir = await folderWithClip(name.replaceAll(' ', '-'))
      await damage(join(dataDir, 'db'))
      const { database, ready, rebuilt } = openWatched(dataDir)
      await ready()
      expect(await findClip(database)).toBeNull()
      valueOf(await database.states.upsert([aClipState()], signal))
      await database[Symbol.asyncDispose]()
      expect(rebuilt).toHaveLength(1)
      expect(rebuilt[0]).toMatch(/db\.damaged-\d+$/)
      expect((await readdir(rebuilt[0] ?? '')).length).toBeGreaterThan(0)
    })
  }

  test('what a killed initdb left behind is cleared away', async () => {
    const dataDir = join(root, 'half-made')
    await mkdir(join(dataDir, 'db.new', 'base'), { recursive: true })
    const { database, ready, rebuilt } = openWatched(dataDir)
    await ready()
    await database[Symbol.asyncDispose]()
    expect(rebuilt).toEqual([])
    expect(await readdir(dataDir)).not.toContain('db.new')
  })

  test('damage that shows only when the data is read', async () => {
    const dataDir = await folderWithClip('torn-page')
    const first = openWatched(dataDir)
    await first.ready()
    const table = await fileOfTable(first.database, dataDir)
    await first.database[Symbol.asyncDispose]()
    await writeFile(table, Buffer.alloc(8192, 0x5a))
    const { database, ready, rebuilt } = openWatched(dataDir)
    await ready()
    const read = await database.states.get(aClipState().clip_id, signal)
    expect(read.ok).toBe(false)
    await ready(2)
    expect(await findClip(database)).toBeNull()
    expect(rebuilt).toHaveLength(1)
    await database[Symbol.asyncDispose]()
  })
})

test('a stale pid file that names a process of somebody else is no obstacle', async () => {
  const dataDir = await folderWithClip('stale')
  const file = [process.pid, join(dataDir, 'db'), '1', '5432', join(dataDir, 'db'), '', '1 1', 'ready   ', '']
  await writeFile(join(dataDir, 'db', 'postmaster.pid'), file.join('\n'))
  const { database, ready } = openWatched(dataDir)
  await ready()
  expect(await findClip(database)).toEqual(aClipState())
  await database[Symbol.asyncDispose]()
})

test('the server of a parent that was killed is adopted, and stopped by us in the end', async () => {
  const dataDir = await folderWithClip('orphan')
  const program = `
    import { openDatabase } from '${pathToFileURL(join(import.meta.dirname, 'open-database.ts')).href}'
    import { systemClock } from '${pathToFileURL(join(import.meta.dirname, '../lib/system-clock.ts')).href}'
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    openDatabase({ kind: 'embedded', dataDir: ${JSON.stringify(dataDir)} }, { clock: systemClock, log, onReady: () => console.log('ready') })`
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => parent.stdout.once('data', resolve))
  const exited = new Promise((resolve) => parent.once('exit', resolve))
  parent.kill('SIGKILL')
  await exited
  const orphan = await pidIn(dataDir)
  expect(await isAlive(orphan)).toBe(true)

  const { database, ready } = openWatched(dataDir)
  await ready()
  expect(await pidIn(dataDir)).toBe(orphan)
  expect(await findClip(database)).toEqual(aClipState())
  await database[Symbol.asyncDispose]()
  expect((await readdir(join(dataDir, 'db'))).includes('postmaster.pid')).toBe(false)
})

test.skipIf(!mayMount())('a full disk is no damage: tried again until there is space', async () => {
  const dataDir = join(root, 'full')
  await mkdir(dataDir)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', dataDir])
  try {
    const { database, ready, rebuilt, lines } = openWatched(dataDir)
    while (!lines.some((line) => line.fields['reason'] === 'no space left for the database'))
      await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await database.states.upsert([aClipState()], signal)).ok).toBe(false)
    execFileSync('mount', ['-o', 'remount,size=200m', dataDir])
    await ready()
    valueOf(await database.states.upsert([aClipState()], signal))
    await database[Symbol.asyncDispose]()
    expect(rebuilt).toEqual([])
  } finally {
    execFileSync('umount', [dataDir])
  }
})

test('a server that hangs does not outlive us', async () => {
  const dataDir = await folderWithClip('hangs')
  const first = openWatched(dataDir)
  await first.ready()
  const pid = await pidIn(dataDir)
  process.kill(pid, 'SIGSTOP')
  await first.database[Symbol.asyncDispose]()
  expect((await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')).split(') ')[1]?.[0]).toBe('Z')
})

async function fileOfTable(database: Database, dataDir: string): Promise<string> {
  valueOf(await database.ping(signal))
  const { default: pg } = await import('pg')
  const client = new pg.Client({ host: join(dataDir, 'db'), user: 'homesec', database: 'postgres' })
  await client.connect()
  const { rows } = await client.query<{ path: string }>(`SELECT pg_relation_filepath('homesec.clip_states') AS path`)
  await client.end()
  return join(dataDir, 'db', rows[0]?.path ?? '')
}
