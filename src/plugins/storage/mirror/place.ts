import { isRetryable, messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Clock } from '../../../contracts/clock.ts'
import { attempt, err, ok, type Result } from '../../../contracts/result.ts'
import type { ByteRange, ObjectRead, RemoteRetention, StorageBackend, StoragePlace, StoredObject } from '../../../contracts/storage.ts'
import { orAborted, startDeadline } from '../../../lib/deadline.ts'
import { followAbort } from '../../../lib/follow-abort.ts'
import { SCHEME } from './address.ts'
import { Silence } from './silence.ts'

/** A service may ask for anything; after this it is tried all the same. */
const LONGEST_WAIT_MS = 60 * 60 * 1000

export interface PlaceSpec {
  readonly name: string
  readonly retention: RemoteRetention
  /** The storage itself, or why it could not be built. */
  readonly storage: Result<StorageBackend, string>
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** How long it may take to answer a question, before the next place is asked. */
  readonly answerMs: number
}

/** One storage of the mirror. Whatever it does, it neither throws nor hangs longer than the signal. */
export class Place implements StoragePlace, AsyncDisposable {
  readonly name: string
  readonly retention: RemoteRetention
  readonly scheme: string | null
  readonly #spec: PlaceSpec
  /** What its own addresses begin with; two places of one kind may differ after the scheme. */
  readonly #prefix: string | null
  readonly #silence = new Silence()
  #askedToWaitUntilMs = 0

  constructor(spec: PlaceSpec) {
    this.#spec = spec
    this.name = spec.name
    this.retention = spec.retention
    const sample = spec.storage.ok ? spec.storage.value.locate('x') : null
    this.#prefix = sample?.ok === true ? sample.value.slice(0, -1) : null
    this.scheme = this.#prefix === null ? null : this.#prefix.slice(0, this.#prefix.indexOf(':') + 1)
  }

  /** It gave no answer lately. */
  get isSilent(): boolean {
    return this.#silence.isSilent
  }

  /** Its own address of an object; null for one that is not here. Pure. */
  ownAddress(storageUri: string): Result<string | null, PluginError> {
    const { storage } = this.#spec
    if (!storage.ok) return err(pluginError('rejected', storage.error))
    if (storageUri.startsWith(SCHEME)) return storage.value.locate(storageUri.slice(SCHEME.length))
    return ok(this.#prefix !== null && storageUri.startsWith(this.#prefix) ? storageUri : null)
  }

  /** Stores with what `work` calls, unless the place is known to take nothing now. */
  async store(
    work: (storage: StorageBackend) => Promise<Result<StoredObject, PluginError>>,
    signal: AbortSignal,
  ): Promise<Result<StoredObject, PluginError>> {
    const nowMs = this.#spec.clock.monotonicMs()
    const waitMs = this.#askedToWaitUntilMs - nowMs
    if (waitMs > 0) return err({ ...pluginError('unavailable', 'it asked to be left alone for a while'), retryAfterMs: waitMs })
    if (!this.#silence.mayTry(nowMs)) return err(pluginError('timeout', 'it gave no answer; it is tried again in a minute'))
    const stored = await this.#call(work, signal)
    if (!stored.ok && signal.aborted) this.#silence.unheard(this.#spec.clock.monotonicMs())
    // Who refuses for good has nothing to wait for: the owner may set it right any moment.
    if (!stored.ok && isRetryable(stored.error.kind)) {
      const waitMs = Math.min(stored.error.retryAfterMs ?? 0, LONGEST_WAIT_MS)
      this.#askedToWaitUntilMs = this.#spec.clock.monotonicMs() + waitMs
    }
    return stored
  }

  get(own: string, localPath: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#call((storage) => storage.get(own, localPath, signal), signal)
  }

  exists(own: string, signal: AbortSignal): Promise<Result<boolean, PluginError>> {
    return this.#ask((storage, within) => storage.exists(own, within), signal)
  }

  ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#ask((storage, within) => storage.ping(within), signal)
  }

  /** The answer has to come soon; the stream may take as long as `signal` allows. */
  async read(own: string, range: ByteRange | null, signal: AbortSignal): Promise<Result<ObjectRead, PluginError>> {
    const streaming = new AbortController()
    const following = followAbort(streaming, signal)
    const late = setTimeout(() => streaming.abort(), this.#spec.answerMs)
    const read = await this.#call(async (storage) => {
      const answer = await storage.read(own, range, streaming.signal)
      // Nobody waits for it any more, nor listens to its errors.
      if (answer.ok && streaming.signal.aborted) answer.value.stream.on('error', () => undefined).destroy()
      return answer
    }, streaming.signal)
    clearTimeout(late)
    if (read.ok) {
      read.value.stream.once('close', () => following[Symbol.dispose]())
      return read
    }
    following[Symbol.dispose]()
    return this.#orSilent(read, streaming.signal, signal)
  }

  async delete(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const own = this.ownAddress(storageUri)
    if (!own.ok) return own
    const { value } = own
    if (value === null) return err(pluginError('invalid', 'not an address of this place'))
    return this.#call((storage) => storage.delete(value, signal), signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#spec.storage.ok) await this.#spec.storage.value[Symbol.asyncDispose]()
  }

  async #ask<T>(
    work: (storage: StorageBackend, signal: AbortSignal) => Promise<Result<T, PluginError>>,
    signal: AbortSignal,
  ): Promise<Result<T, PluginError>> {
    using within = startDeadline(this.#spec.answerMs, signal)
    const answer = await this.#call((storage) => work(storage, within.signal), within.signal)
    return this.#orSilent(answer, within.signal, signal)
  }

  /** What came of a question: cut short by our own deadline, it is the place that is silent; by `signal`, it is not its fault. */
  #orSilent<T>(answer: Result<T, PluginError>, deadline: AbortSignal, signal: AbortSignal): Result<T, PluginError> {
    if (answer.ok || signal.aborted || !deadline.aborted) return answer
    this.#silence.unheard(this.#spec.clock.monotonicMs())
    return err(pluginError('timeout', `it gave no answer within ${this.#spec.answerMs / 1000} s`))
  }

  async #call<T>(work: (storage: StorageBackend) => Promise<Result<T, PluginError>>, signal: AbortSignal): Promise<Result<T, PluginError>> {
    const { storage, clock } = this.#spec
    if (!storage.ok) return err(pluginError('rejected', storage.error))
    const called = await attempt(
      () => orAborted(work(storage.value), signal),
      (cause) => (signal.aborted ? pluginError('cancelled', 'cancelled', cause) : pluginError('bug', messageOf(cause), cause)),
    )
    const result = called.ok ? called.value : called
    if (result.ok || (!signal.aborted && result.error.kind !== 'timeout')) this.#silence.heard()
    else if (result.error.kind === 'timeout') this.#silence.unheard(clock.monotonicMs())
    return result
  }
}
