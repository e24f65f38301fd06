import { lstat, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { codeOf, messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { attempt, type Result } from '../../../contracts/result.ts'
import type { Accepted, ClipSink, ClipSource, SourceHealth } from '../../../contracts/source.ts'
import { orAborted } from '../../../lib/deadline.ts'
import { followAbort } from '../../../lib/follow-abort.ts'
import { retryDelayMs } from '../../../lib/retry.ts'
import { msUntilComplete, sameFile, type Moment, type SeenFile, type Sighting } from './completeness.ts'
import type { FolderConfig } from './config.ts'
import { folderHint, type FolderHint } from './folder-hint.ts'
import { lookInto, type Look } from './look.ts'
import { Manifest } from './manifest.ts'
import { startFromName } from './name-time.ts'
import { overlap } from './overlap.ts'

type Host = Pick<PluginHost, 'clock' | 'log' | 'dirs'>

const MAX_OFFERS = 4
const FIRST_BACKOFF_MS = 2000
const MAX_BACKOFF_MS = 60_000
/** A file being written causes hints all the time. */
const MIN_GAP_MS = 200
/** A look that takes longer than this hangs in a dead network mount. */
const MAX_LOOK_MS = 60_000

type Refusal = { readonly attempts: number; readonly retryAtMs: number }

/** Takes finished videos out of a folder. A look at the folder is the truth; the system's hints only make it come sooner. */
export class FolderSource implements ClipSource {
  readonly #config: FolderConfig
  readonly #host: Host
  readonly #manifest: Manifest
  readonly #stop = new AbortController()
  readonly #hint: FolderHint
  readonly #sightings = new Map<string, Sighting>()
  readonly #refusals = new Map<string, Refusal>()
  readonly #offers = new Map<string, Promise<void>>()
  readonly #reported = new Set<string>()
  #ready: SeenFile[] = []
  #previousLookMs: number | null = null
  #problem: string | null = null
  #lastLook: { readonly at: Date; readonly monotonicMs: number } | null = null
  #running: Promise<void> | null = null

  private constructor(config: FolderConfig, host: Host, manifest: Manifest) {
    this.#config = config
    this.#host = host
    this.#manifest = manifest
    this.#hint = folderHint(host.clock)
  }

  static async create(config: FolderConfig, host: Host): Promise<FolderSource> {
    if (await overlap(config.path, host.dirs.data)) {
      throw new Error(`the watched folder and data_dir (${host.dirs.data}) overlap; use separate folders`)
    }
    return new FolderSource(config, host, await Manifest.load(host.dirs.state, host.log))
  }

  async start(sink: ClipSink, signal: AbortSignal): Promise<void> {
    if (this.#running !== null) return
    const following = followAbort(this.#stop, signal)
    this.#running = this.#run(sink).finally(() => following[Symbol.dispose]())
  }

  health(): SourceHealth {
    const last_heartbeat = this.#lastLook?.at.toISOString() ?? null
    if (this.#stop.signal.aborted) return { state: 'down', detail: 'stopped', last_heartbeat }
    if (this.#problem !== null) return { state: 'down', detail: this.#problem, last_heartbeat }
    if (this.#lastLook === null) return { state: 'starting', detail: '', last_heartbeat }
    const quietMs = this.#host.clock.monotonicMs() - this.#lastLook.monotonicMs
    if (quietMs > this.#config.poll_s * 1000 + MAX_LOOK_MS) {
      return { state: 'down', detail: `${this.#config.path} does not answer; is a network mount hanging?`, last_heartbeat }
    }
    return { state: 'ok', detail: '', last_heartbeat }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#hint.close()
    await this.#running
    await Promise.all(this.#offers.values())
  }

  async #run(sink: ClipSink): Promise<void> {
    const { clock } = this.#host
    while (!this.#stop.signal.aborted) {
      const waitMs = await this.#lookOnce(sink)
      await clock.sleep(MIN_GAP_MS, this.#stop.signal)
      await this.#hint.wait(waitMs - MIN_GAP_MS, this.#stop.signal)
    }
  }

  /** @returns milliseconds until there is something to do, if no hint comes first. */
  async #lookOnce(sink: ClipSink): Promise<number> {
    const pollMs = this.#config.poll_s * 1000
    const look = await attempt(
      () => orAborted(lookInto(this.#config), this.#stop.signal),
      (cause) => this.#cannotLook(cause),
    )
    if (this.#stop.signal.aborted) return 0
    if (!look.ok) {
      this.#turn(look.error)
      this.#hint.close()
      this.#previousLookMs = null
      return pollMs
    }
    this.#turn(null)
    this.#hint.watch(look.value.root, look.value.rootId)
    const waitMs = this.#sort(look.value)
    this.#offerNext(sink)
    return Math.min(pollMs, waitMs)
  }

  #cannotLook(cause: unknown): string {
    const advice: Readonly<Record<string, string>> = {
      ENOENT: 'is missing; create it, or mount its disk',
      ENOTDIR: 'is no folder',
      EACCES: 'may not be read; check its permissions',
    }
    const code = codeOf(cause)
    return `${this.#config.path} ${advice[code] ?? `cannot be read (${code || messageOf(cause)})`}`
  }

  #turn(problem: string | null): void {
    const { clock, log } = this.#host
    if (problem === null) this.#lastLook = { at: clock.now(), monotonicMs: clock.monotonicMs() }
    if (problem === this.#problem) return
    if (problem === null) log.info({ event_type: 'source_recovered' }, 'folder is back')
    else log.warn({ event_type: 'source_down', reason: problem }, 'folder cannot be read, trying again')
    this.#problem = problem
  }

  /** Decides for each file whether to offer it, and forgets what is gone. */
  #sort({ files, refused }: Look): number {
    const { clock } = this.#host
    const moment: Moment = { monotonicMs: clock.monotonicMs(), wallMs: clock.now().getTime(), previousLookMs: this.#previousLookMs }
    const fresh = files.filter((file) => !this.#manifest.has(file.relative, file) && !this.#offers.has(file.relative))
    const waits = fresh.map((file) => ({ file, waitMs: this.#waitFor(file, moment) }))
    // Newest first: what happens now must not wait behind a backlog.
    this.#ready = waits
      .filter(({ waitMs }) => waitMs <= 0)
      .map(({ file }) => file)
      .sort((a, b) => b.mtimeMs - a.mtimeMs)
    this.#previousLookMs = moment.wallMs
    this.#forget(new Set([...files, ...refused].map(({ relative }) => relative)))
    for (const { relative, reason } of refused) this.#reportOnce(relative, reason)
    return waits.reduce((least, { waitMs }) => (waitMs > 0 ? Math.min(least, waitMs) : least), Infinity)
  }

  #waitFor(file: SeenFile, moment: Moment): number {
    const known = this.#sightings.get(file.relative)
    const waitMs = msUntilComplete(file, known, moment, this.#config.stability_s * 1000)
    if (known === undefined || !sameFile(known.identity, file)) {
      this.#sightings.set(file.relative, { identity: file, sinceMs: moment.monotonicMs })
      // A changed file is a new one; one that merely was refused keeps its turn.
      if (known !== undefined) this.#refusals.delete(file.relative)
    }
    return Math.max(waitMs, (this.#refusals.get(file.relative)?.retryAtMs ?? -Infinity) - moment.monotonicMs)
  }

  #forget(present: ReadonlySet<string>): void {
    for (const known of [this.#sightings, this.#refusals]) {
      for (const name of known.keys()) if (!present.has(name)) known.delete(name)
    }
    for (const name of this.#reported) if (!present.has(name)) this.#reported.delete(name)
    this.#manifest.forgetAbsent(present)
  }

  #reportOnce(relative: string, reason: string): void {
    if (this.#reported.has(relative)) return
    this.#reported.add(relative)
    this.#host.log.warn({ event_type: 'file_refused', original_name: relative, reason }, 'file in watched folder not taken')
  }

  #offerNext(sink: ClipSink): void {
    while (this.#offers.size < MAX_OFFERS && !this.#stop.signal.aborted) {
      const file = this.#ready.shift()
      if (file === undefined) return
      const offer = this.#offer(file, sink).finally(() => {
        this.#offers.delete(file.relative)
        this.#offerNext(sink)
      })
      this.#offers.set(file.relative, offer)
    }
  }

  async #offer(file: SeenFile, sink: ClipSink): Promise<void> {
    const { log } = this.#host
    const answer = await handOver(file, sink, this.#config, this.#host.clock.now())
    if (!answer.ok) {
      this.#refuse(file, answer.error)
      return
    }
    this.#refusals.delete(file.relative)
    await this.#manifest.record(file.relative, file)
    if (answer.value.state !== 'accepted')
      log.info({ event_type: `file_${answer.value.state}`, original_name: file.relative }, 'file taken before or set aside')
    if (this.#config.after_ingest === 'keep') return
    const left = await attempt(() => removeUnlessReplaced(file), codeOf)
    if (!left.ok) this.#reportOnce(file.relative, `it cannot be deleted (${left.error})`)
  }

  #refuse(file: SeenFile, { kind, message, retryAfterMs = 0 }: PluginError): void {
    if (kind === 'cancelled') return
    const attempts = (this.#refusals.get(file.relative)?.attempts ?? 0) + 1
    const delayMs = retryDelayMs(attempts + 1, FIRST_BACKOFF_MS, 0.5, { capMs: MAX_BACKOFF_MS, atLeastMs: retryAfterMs })
    this.#refusals.set(file.relative, { attempts, retryAtMs: this.#host.clock.monotonicMs() + delayMs })
    this.#host.log.warn(
      { event_type: 'file_not_accepted', original_name: file.relative, kind, reason: message, attempts },
      'file will be offered again',
    )
    this.#hint.nudge()
  }
}

async function handOver(file: SeenFile, sink: ClipSink, config: FolderConfig, now: Date): Promise<Result<Accepted, PluginError>> {
  const original_name = basename(file.relative)
  const take = config.after_ingest === 'delete' ? 'move' : 'link'
  const times = { start_ts: startFromName(original_name, now), end_ts: null }
  const offered = await attempt(
    () => sink.accept({ path: file.path, original_name, ...times, take }),
    (cause) => pluginError('bug', messageOf(cause), cause),
  )
  return offered.ok ? offered.value : offered
}

/** The sink may have moved it, and the camera may have written the next one under the same name. */
async function removeUnlessReplaced(file: SeenFile): Promise<void> {
  const now = await attempt(() => lstat(file.path), codeOf)
  if (now.ok && sameFile(now.value, file)) await rm(file.path, { force: true })
}
