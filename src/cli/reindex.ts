import { join } from 'node:path'
import { lockDataDir } from '../app/data-lock.ts'
import { createLogger } from '../app/logger.ts'
import type { Clock } from '../contracts/clock.ts'
import { ClipIndex } from '../core/clips/clip-index.ts'
import { IndexWriter } from '../core/clips/index-writer.ts'
import { openDatabase } from '../db/open-database.ts'
import { JournalFiles } from '../journal/journal-files.ts'
import { createRedactor } from '../lib/redact.ts'
import { systemClock } from '../lib/system-clock.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { openConfig } from './open-config.ts'
import { complain, print } from './terminal.ts'

const READY_WITHIN_MS = 60_000
const PROGRESS_EVERY_MS = 1_000
const PROGRESS_WITHIN_MS = 60_000
/** Between looks while the database is away. */
const PAUSE_MS = 200

/** Writes every clip that the journals know, and the database does not, into the database. */
export async function reindex(configPath: string): Promise<ExitCode> {
  const opened = await openConfig(configPath)
  if (!opened.ok) return fail(opened.error)
  const { config, secrets, secretValues } = opened.value.loaded
  const clock = systemClock
  const log = createLogger({ level: 'warn', format: 'json', redact: createRedactor(secretValues) })
  const signal = new AbortController().signal
  const lock = await lockDataDir(config.data_dir, clock)
  if (!lock.ok) return fail(`${lock.error.message} A running HomeSec brings its database up to date by itself.`)
  await using _lock = lock.value

  const ready = new AbortController()
  const dsn = config.database.dsn_env === null ? undefined : secrets.get(config.database.dsn_env)
  const { schema } = config.database
  await using database = openDatabase(
    dsn === undefined ? { kind: 'embedded', dataDir: config.data_dir, schema } : { kind: 'external', dsn, schema },
    { clock, log, onReady: () => ready.abort() },
  )
  await clock.sleep(READY_WITHIN_MS, ready.signal)
  if (!ready.signal.aborted) return fail(`the database did not answer within ${READY_WITHIN_MS / 1000} s; see the log above`)

  const journal = new JournalFiles(join(config.data_dir, 'spool'))
  const index = new ClipIndex()
  let unreadable = 0
  const scanned = await journal.scan((finding) => {
    if (finding.type === 'clip') index.update(finding.state)
    else if (finding.type === 'unreadable') {
      unreadable += 1
      complain(`left untouched: ${finding.path}: ${finding.reason}`)
    }
  }, signal)
  if (!scanned.ok) return fail(scanned.error.message)

  await using writer = new IndexWriter({
    repository: { read: (id) => journal.read(id) },
    states: database.states,
    events: database.events,
    clock,
    log,
  })
  writer.poke()
  const found = await writer.reconcile(index.digests(), signal)
  if (!found.ok) return fail(found.error.message)
  await showProgress(writer, found.value, clock)
  if (writer.behind > 0) return fail(`${writer.behind} clips could not be written; see the log above`)
  print(`${index.size} clips in the journals, ${found.value} written to the database, ${unreadable} unreadable`)
  return EXIT.ok
}

/** Until nothing is behind, or nothing has moved for `PROGRESS_WITHIN_MS`: a database that goes away for a moment comes back. */
async function showProgress(writer: IndexWriter, total: number, clock: Clock): Promise<void> {
  const never = new AbortController().signal
  let least = Infinity
  for (let movedAtMs = clock.monotonicMs(); clock.monotonicMs() - movedAtMs < PROGRESS_WITHIN_MS;) {
    const { behind } = writer
    if (behind === 0) return
    if (behind < least) {
      least = behind
      movedAtMs = clock.monotonicMs()
      print(`${total - behind} of ${total}`)
    }
    if (!(await writer.flush(PROGRESS_EVERY_MS, never))) await clock.sleep(PAUSE_MS, never)
  }
}

function fail(reason: string): ExitCode {
  complain(reason)
  return EXIT.failed
}
