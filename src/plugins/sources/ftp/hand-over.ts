import { messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { attempt, type Result } from '../../../contracts/result.ts'
import type { Accepted, ClipSink } from '../../../contracts/source.ts'
import { isThere } from '../../../lib/is-there.ts'
import { retryDelayMs } from '../../../lib/retry.ts'
import { Semaphore, type Lane } from '../../../lib/semaphore.ts'
import type { ReadyUpload } from './inbox/ready-uploads.ts'

const MOST_OFFERS = 4
const FIRST_BACKOFF_MS = 2000
const MOST_BACKOFF_MS = 60_000
/** About seven minutes: a disk that is away for a moment takes its files with it. */
const MOST_TRIES_WHEN_GONE = 12

/** Offers whole uploads to the pipeline until it has them, at most four at once, new ones before those that were refused or left over. */
export class HandOver {
  readonly #sink: ClipSink
  readonly #host: Pick<PluginHost, 'clock' | 'log'>
  readonly #onTaken: (upload: ReadyUpload) => Promise<void>
  readonly #stop: AbortSignal
  readonly #slots = new Semaphore(MOST_OFFERS)
  readonly #running = new Set<Promise<void>>()

  constructor(
    sink: ClipSink,
    host: Pick<PluginHost, 'clock' | 'log'>,
    { onTaken, stop }: { readonly onTaken: (upload: ReadyUpload) => Promise<void>; readonly stop: AbortSignal },
  ) {
    this.#sink = sink
    this.#host = host
    this.#onTaken = onTaken
    this.#stop = stop
  }

  offer(upload: ReadyUpload, lane: Lane): void {
    const running = this.#untilTaken(upload, lane).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Resolves when nothing is being handed over any more; after `stop` that is soon. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  async #untilTaken(upload: ReadyUpload, firstLane: Lane): Promise<void> {
    for (let attempts = 1; ; attempts += 1) {
      const outcome = await this.#offerOnce(upload, attempts === 1 ? firstLane : 'backlog')
      if (outcome === 'stopped') return
      if (outcome.ok || (attempts >= MOST_TRIES_WHEN_GONE && !(await isThere(upload.path)))) {
        await this.#settle(upload, outcome)
        return
      }
      const { kind, message, retryAfterMs = 0 } = outcome.error
      const { clock, log } = this.#host
      const about = { event_type: 'file_not_accepted', original_name: upload.original_name, kind, reason: message, attempts }
      if (kind !== 'cancelled') log.warn(about, 'file will be offered again')
      const delayMs = retryDelayMs(attempts + 1, FIRST_BACKOFF_MS, 0.5, { capMs: MOST_BACKOFF_MS, atLeastMs: retryAfterMs })
      await clock.sleep(delayMs, this.#stop)
    }
  }

  async #offerOnce({ path, original_name }: ReadyUpload, lane: Lane): Promise<Result<Accepted, PluginError> | 'stopped'> {
    using slot = await this.#slots.acquire(this.#stop, lane)
    if (slot === null || this.#stop.aborted) return 'stopped'
    const called = await attempt(
      () => this.#sink.accept({ path, original_name, start_ts: null, end_ts: null, take: 'move' }),
      (cause) => pluginError('bug', messageOf(cause), cause),
    )
    return called.ok ? called.value : called
  }

  async #settle(upload: ReadyUpload, outcome: Result<Accepted, PluginError>): Promise<void> {
    const { log } = this.#host
    const { original_name } = upload
    if (!outcome.ok) log.warn({ event_type: 'file_gone', original_name, path: upload.path }, 'an upload vanished before it was taken')
    else if (outcome.value.state !== 'accepted') {
      log.info({ event_type: `file_${outcome.value.state}`, original_name }, 'file taken before or set aside')
    }
    const forgotten = await attempt(() => this.#onTaken(upload), messageOf)
    if (!forgotten.ok)
      log.warn({ event_type: 'file_not_removed', original_name, reason: forgotten.error }, 'what is left of an upload stays')
  }
}
