import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { codeOf, messageOf } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { attempt } from '../../../contracts/result.ts'
import type { ClipSink, ClipSource, SourceHealth } from '../../../contracts/source.ts'
import { every } from '../../../lib/every.ts'
import { Leases } from '../../../lib/leases.ts'
import { untilAborted } from '../../../lib/until-aborted.ts'
import { followAbort } from '../../../lib/follow-abort.ts'
import { untilDone } from '../../../lib/until-done.ts'
import type { CameraConfig } from './camera-config.ts'
import { CameraInbox } from './inbox/camera-inbox.ts'
import { cameraPassword } from './camera-password.ts'
import { FtpServer } from './server/ftp-server.ts'
import { HandOver } from './hand-over.ts'
import type { ServerConfig } from './server-config.ts'

const FIRST_RETRY_MS = 1000
const MOST_RETRY_MS = 60_000
const CHECK_EVERY_MS = 15_000

const STARTING: SourceHealth = { state: 'starting', detail: '', last_heartbeat: null }

/** Holds nothing while no camera runs. By data folder, as that is one HomeSec, and by address. */
const servers = new Leases<FtpServer>()

/** One camera that uploads its clips. The server is shared: it runs while any such camera does. */
export class FtpSource implements ClipSource {
  readonly #config: CameraConfig
  readonly #server: ServerConfig
  readonly #host: PluginHost
  readonly #stop = new AbortController()
  #inbox: CameraInbox | null = null
  #lent: FtpServer | null = null
  /** What is wrong with its folder, and with its login. */
  readonly #problems: { folder: string | null; login: string | null } = { folder: null, login: null }
  #isReady = false
  #running: Promise<void> | null = null

  constructor(config: CameraConfig, server: ServerConfig, host: PluginHost) {
    this.#config = config
    this.#server = server
    this.#host = host
    setMaxListeners(0, this.#stop.signal) // every upload that waits listens
  }

  async start(sink: ClipSink, signal: AbortSignal): Promise<void> {
    if (this.#running !== null) return
    const following = followAbort(this.#stop, signal)
    this.#running = this.#run(sink).finally(() => following[Symbol.dispose]())
  }

  health(): SourceHealth {
    const server = this.#lent?.health() ?? STARTING
    const { last_heartbeat } = server
    if (this.#stop.signal.aborted) return { state: 'down', detail: 'stopped', last_heartbeat }
    const problem = this.#problems.folder ?? this.#problems.login ?? this.#inbox?.problem ?? null
    if (problem === null) return this.#isReady || server.state === 'down' ? server : STARTING
    return { state: 'down', detail: problem, last_heartbeat }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(sink: ClipSink): Promise<void> {
    const stop = this.#stop.signal
    const { log, dirs, instance } = this.#host
    const handOver = new HandOver(sink, this.#host, { onTaken: (upload) => inbox.taken(upload), stop })
    const inbox = new CameraInbox(join(dirs.state, this.#config.ftp_subdir ?? instance), this.#host, {
      camera: this.#config,
      limits: this.#server,
      onClip: (upload, isNew) => handOver.offer(upload, isNew ? 'live' : 'backlog'),
      stop,
    })
    this.#inbox = inbox
    if (!stop.aborted) await this.#serve(inbox)
    await inbox.settled()
    await handOver.settled()
    log.debug({ event_type: 'source_stopped', camera_name: instance }, 'FTP camera stopped')
  }

  async #opened(inbox: CameraInbox): Promise<boolean> {
    const opened = await attempt(
      () => inbox.open(),
      (cause) => `its folder ${this.#host.dirs.state} cannot be used (${codeOf(cause) || messageOf(cause)})`,
    )
    this.#turn('folder', opened.ok ? null : opened.error)
    return opened.ok
  }

  /**
   * Lets the camera in until the end. It may log in before its folder is ready, and is then told to try again: a camera that is told
   * its password is wrong may give up.
   */
  async #serve(inbox: CameraInbox): Promise<void> {
    const { clock, dirs, log } = this.#host
    const { host, port } = this.#server
    await using lease = servers.take(`${dirs.data} ${host} ${port}`, () => new FtpServer(this.#server, this.#host))
    this.#lent = lease.resource
    const held: { registration: AsyncDisposable | null } = { registration: null }
    await Promise.all([
      this.#keepTrying(async () => {
        held.registration = await this.#register(inbox, lease.resource)
        return held.registration !== null
      }),
      this.#keepTrying(() => this.#opened(inbox)),
    ])
    this.#isReady = true
    await using _checks = every(
      CHECK_EVERY_MS,
      clock,
      async () => {
        await inbox.check()
      },
      (cause) => log.error({ event_type: 'inbox_check_failed', cause }, 'the folder of an FTP camera could not be checked'),
    )
    await untilAborted(this.#stop.signal)
    await held.registration?.[Symbol.asyncDispose]()
  }

  async #register(inbox: CameraInbox, server: FtpServer): Promise<AsyncDisposable | null> {
    const password = await cameraPassword(this.#config.password_env, this.#host)
    const { instance } = this.#host
    const registered = password.ok
      ? server.register({
          camera: instance,
          username: this.#config.username ?? instance,
          password: password.value,
          isAnonymous: this.#config.anonymous,
          inbox,
        })
      : password
    this.#turn('login', registered.ok ? null : registered.error)
    return registered.ok ? registered.value : null
  }

  #keepTrying(work: () => Promise<boolean>): Promise<void> {
    const pace = { clock: this.#host.clock, firstDelayMs: FIRST_RETRY_MS, mostDelayMs: MOST_RETRY_MS, random: Math.random }
    return untilDone(work, pace, this.#stop.signal)
  }

  #turn(what: 'folder' | 'login', problem: string | null): void {
    const { log, instance } = this.#host
    if (problem !== null && problem !== this.#problems[what]) {
      log.warn({ event_type: 'source_down', camera_name: instance, reason: problem }, 'an FTP camera is down, trying again')
    }
    this.#problems[what] = problem
  }
}
