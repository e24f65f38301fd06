import { mkdir, realpath, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Clock } from '../../contracts/clock.ts'
import { codeOf, pluginError, type PluginError } from '../../contracts/errors.ts'
import type { Logger } from '../../contracts/logger.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import { retryDelayMs } from '../../lib/retry.ts'
import type { DatabaseAddress } from '../session.ts'
import { closeToOthers, createCluster, inspectCluster, moveAside, SERVER_USER_NAME } from './cluster.ts'
import { isAlive } from './postmaster-pid.ts'
import { findServerBinaries, type ServerBinaries } from './server-binaries.ts'
import { adoptServer, startServer, stopServer, stopStranger, type RunningServer } from './server-process.ts'
import { chooseServerUser, giveFolderTo, userFacts, type ServerUser } from './server-user.ts'
import { prepareSocketDir, socketDirFor } from './socket-dir.ts'
import { explainStartFailure } from './start-failure.ts'

export interface EmbeddedServerOptions {
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Logger
  /** A server takes connections now. */
  readonly onUp: () => void
  /** It no longer does. */
  readonly onDown: () => void
  readonly onRebuilt: (movedTo: string) => void
}

const FIRST_BACKOFF_MS = 1000
const MAX_BACKOFF_MS = 60_000
const WATCH_MS = 500
/** A server that lived this long was well: the next failure starts the backoff anew. */
const SETTLED_MS = 60_000
/** A database that is damaged again within this time has a cause that a new one does not cure. */
const REBUILD_AGAIN_AFTER_MS = 600_000

interface Place {
  readonly dbDir: string
  readonly socketDir: string
  readonly binaries: ServerBinaries
  readonly user: ServerUser
}

/** Our own Postgres server under `dataDir/db`: starts in the background, is watched and restarted, and stops with us. */
export class EmbeddedServer implements AsyncDisposable {
  readonly #options: EmbeddedServerOptions
  readonly #stop = new AbortController()
  readonly #supervised: Promise<void>
  #running: RunningServer | null = null
  #condemned = new AbortController()
  #rebuiltAtMs = -Infinity

  constructor(options: EmbeddedServerOptions) {
    this.#options = options
    this.#supervised = this.#supervise()
  }

  get address(): DatabaseAddress | null {
    const running = this.#running
    return running === null ? null : { socketDir: running.socketDir, port: running.port, user: SERVER_USER_NAME }
  }

  /** The server itself says that its files are damaged: replace them. */
  condemn(): void {
    if (!this.#isJustRebuilt()) this.#condemned.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#condemned.abort()
    await this.#supervised
  }

  async #supervise(): Promise<void> {
    const { clock, log } = this.#options
    let told = ''
    for (let failures = 0; !this.#stop.signal.aborted;) {
      const started = await this.#bringUp()
      if (started.ok) {
        told = ''
        const upSinceMs = clock.monotonicMs()
        await this.#watch(started.value)
        failures = clock.monotonicMs() - upSinceMs > SETTLED_MS ? 0 : failures + 1
      } else {
        failures += 1
        const fields = { event_type: 'embedded_database_failed', kind: started.error.kind, reason: started.error.message }
        if (told !== started.error.message && started.error.kind !== 'cancelled')
          log.warn(fields, 'embedded database not running, going on without')
        told = started.error.message
      }
      await clock.sleep(retryDelayMs(failures + 1, FIRST_BACKOFF_MS, Math.random(), { capMs: MAX_BACKOFF_MS }), this.#stop.signal)
    }
  }

  /** Until it dies, is condemned or we stop; then it is down. */
  async #watch(server: RunningServer): Promise<void> {
    const { clock, log, onUp, onDown } = this.#options
    this.#condemned = new AbortController()
    if (this.#stop.signal.aborted) this.#condemned.abort()
    this.#running = server
    onUp()
    while (!this.#condemned.signal.aborted && (await isAlive(server.pid))) await clock.sleep(WATCH_MS, this.#condemned.signal)
    this.#running = null
    onDown()
    const died = !this.#condemned.signal.aborted
    if (died) log.warn({ event_type: 'embedded_database_died', pid: server.pid }, 'embedded database ended by itself, starting it again')
    else await this.#putAway(server)
  }

  async #putAway(server: RunningServer): Promise<void> {
    await stopServer(server.pid, this.#options.clock)
    if (server.socketDir.startsWith(tmpdir())) await rmdir(server.socketDir).catch(() => undefined) // only if it is ours alone: empty
  }

  async #bringUp(): Promise<Result<RunningServer, PluginError>> {
    try {
      const place = await this.#findPlace()
      return place.ok ? await this.#open(place.value) : place
    } catch (cause) {
      return err(pluginError('unavailable', `the embedded database cannot be started (${codeOf(cause)})`, cause))
    }
  }

  async #findPlace(): Promise<Result<Place, PluginError>> {
    await mkdir(this.#options.dataDir, { recursive: true })
    const dataDir = await realpath(this.#options.dataDir)
    const binaries = await findServerBinaries(dataDir)
    if (!binaries.ok) return binaries
    const user = await chooseServerUser(await userFacts([dataDir, dirname(binaries.value.postgres)]))
    if (!user.ok) return user
    const dbDir = join(dataDir, 'db')
    return ok({ dbDir, socketDir: socketDirFor(dbDir, tmpdir()), binaries: binaries.value, user: user.value })
  }

  async #open(place: Place): Promise<Result<RunningServer, PluginError>> {
    const { clock } = this.#options
    const state =
      this.#condemned.signal.aborted && !this.#stop.signal.aborted
        ? 'unusable'
        : await inspectCluster(place.dbDir, place.binaries.majorVersion)
    if (state === 'usable') {
      const adopted = await adoptServer(place.dbDir, clock, this.#stop.signal)
      if (adopted !== null) return ok(adopted)
      const started = await this.#start(place)
      return started === 'damaged_files' ? this.#rebuild(place) : started
    }
    return state === 'absent' ? this.#create(place) : this.#rebuild(place)
  }

  async #create(place: Place): Promise<Result<RunningServer, PluginError>> {
    const created = await createCluster(place.dbDir, place.binaries, place.user, this.#stop.signal)
    if (!created.ok) return created
    const started = await this.#start(place)
    return started === 'damaged_files'
      ? err(pluginError('unavailable', 'a new database does not start either; see db/server.log'))
      : started
  }

  async #rebuild(place: Place): Promise<Result<RunningServer, PluginError>> {
    const { clock, log, onRebuilt } = this.#options
    if (this.#isJustRebuilt()) {
      return err(pluginError('unavailable', 'the embedded database was damaged again soon after it was made anew; is the disk sound?'))
    }
    await stopStranger(place.dbDir, clock)
    const moved = await moveAside(place.dbDir, Math.floor(clock.now().getTime() / 1000))
    if (!moved.ok) return moved
    this.#rebuiltAtMs = clock.monotonicMs()
    this.#condemned = new AbortController()
    log.error(
      { event_type: 'embedded_database_rebuilt', moved_to: moved.value },
      'embedded database does not open, moved aside and made anew',
    )
    const created = await this.#create(place)
    onRebuilt(moved.value)
    return created
  }

  #isJustRebuilt(): boolean {
    return this.#options.clock.monotonicMs() - this.#rebuiltAtMs < REBUILD_AGAIN_AFTER_MS
  }

  async #start(place: Place): Promise<Result<RunningServer, PluginError> | 'damaged_files'> {
    await giveFolderTo(place.user, place.dbDir)
    await closeToOthers(place.dbDir)
    if (place.socketDir !== place.dbDir) {
      const prepared = await prepareSocketDir(place.socketDir, place.user)
      if (!prepared.ok) return prepared
    }
    const outcome = await startServer(place, place.binaries, place.user, { clock: this.#options.clock, signal: this.#stop.signal })
    if ('server' in outcome) return ok(outcome.server)
    if (this.#stop.signal.aborted) return err(pluginError('cancelled', 'the start of the embedded database was cancelled'))
    const failure = explainStartFailure(outcome.output)
    if (failure.cause === 'damaged_files') return 'damaged_files'
    return err(pluginError(failure.kind, failure.reason, new Error(outcome.output)))
  }
}
