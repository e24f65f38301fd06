import { messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { ByteRange, CopyProgress, ObjectRead, StorageBackend, StoredCopy, StoredObject } from '../../../contracts/storage.ts'
import { StorageCalls } from '../../../lib/remote-storage/calls.ts'
import { valueOf } from '../../../lib/remote-storage/value-of.ts'
import { storageKeyProblem } from '../../../lib/storage-key.ts'
import { SCHEME } from './address.ts'
import { nameOf, type MirrorConfig } from './config.ts'
import { Place } from './place.ts'
import { combined, notFound, type PlaceError } from './place-errors.ts'

/** A household waits for a recording to open; then the next place is asked. */
const ANSWER_MS = 5_000

/** A place that cannot be built is down, with its reason; the others work. */
export async function createMirrorStorage(
  { backends }: MirrorConfig,
  host: Pick<PluginHost, 'loadPart' | 'clock' | 'log'>,
  answerMs = ANSWER_MS,
): Promise<StorageBackend> {
  const places = backends.map(async (entry): Promise<Place> => {
    const { backend, config, retention } = entry
    const name = nameOf(entry)
    const loaded = await host.loadPart('storage', { backend, config, name })
    const reason = loaded.ok ? '' : loaded.error.map(({ message }) => message).join('; ')
    if (!loaded.ok) host.log.error({ event_type: 'part_not_built', part: name, reason }, 'a place of the mirror could not be built')
    return new Place({ name, retention, storage: loaded.ok ? loaded : err(reason), clock: host.clock, answerMs })
  })
  return new MirrorStorage(await Promise.all(places))
}

type Here = { readonly place: Place; readonly own: string }

class MirrorStorage implements StorageBackend {
  readonly places: readonly Place[]
  readonly #calls = new StorageCalls((cause) => pluginError('bug', messageOf(cause), cause))

  constructor(places: readonly Place[]) {
    this.places = places
  }

  put(localPath: string, key: string, signal: AbortSignal, progress?: CopyProgress): Promise<Result<StoredObject, PluginError>> {
    return this.#store(key, signal, (storage, limited) => storage.put(localPath, key, limited, progress && ofOnePlace(progress)), progress)
  }

  putBytes(bytes: Uint8Array, key: string, signal: AbortSignal): Promise<Result<StoredObject, PluginError>> {
    return this.#store(key, signal, (storage, limited) => storage.putBytes(bytes, key, limited))
  }

  locate(key: string): Result<string, PluginError> {
    const problem = storageKeyProblem(key)
    return problem === null ? ok(`${SCHEME}${key}`) : err(pluginError('invalid', problem))
  }

  get(storageUri: string, localPath: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#untilClosed(signal, (limited) =>
      this.#firstThatHas(storageUri, limited, async ({ place, own }) => {
        // A short question first: a download from a place that hangs would use up all the time there is.
        const there = await place.exists(own, limited)
        if (!there.ok) return there
        return there.value ? place.get(own, localPath, limited) : err(pluginError('invalid', 'the object does not exist'))
      }),
    )
  }

  /** Not cut short by closing: the stream may still be read from then, as of any storage. */
  read(storageUri: string, range: ByteRange | null, signal: AbortSignal): Promise<Result<ObjectRead, PluginError>> {
    return this.#firstThatHas(storageUri, signal, ({ place, own }) => place.read(own, range, signal))
  }

  exists(storageUri: string, signal: AbortSignal): Promise<Result<boolean, PluginError>> {
    return this.#untilClosed(signal, (limited) => this.#isAnywhere(storageUri, limited))
  }

  async #isAnywhere(storageUri: string, signal: AbortSignal): Promise<Result<boolean, PluginError>> {
    const { here, failures } = this.#whoHas(storageUri)
    if (here.length === 0) return err(notFound(failures))
    const unknown = [...failures]
    for (const { place, own } of here) {
      const there = await place.exists(own, signal)
      if (there.ok && there.value) return there
      if (!there.ok) unknown.push({ place: place.name, error: there.error })
    }
    return unknown.length === 0 ? ok(false) : err(notFound(unknown))
  }

  /** In all places: one that is down now is asked again when the deletion is repeated. */
  delete(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#untilClosed(signal, (limited) => this.#deleteEverywhere(storageUri, limited))
  }

  async #deleteEverywhere(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const { here, failures } = this.#whoHas(storageUri)
    if (here.length === 0) return err(notFound(failures))
    const deleted = await Promise.all(
      here.map(async ({ place }) => ({ place: place.name, result: await place.delete(storageUri, signal) })),
    )
    const isShared = storageUri.startsWith(SCHEME)
    return together([...(isShared ? failures : []), ...failed(deleted)], signal) ?? ok()
  }

  /** All have to work: a household that pays for two copies wants to know when it has one. The error names those that do not. */
  ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#untilClosed(signal, async (limited) => {
      const pinged = await Promise.all(this.places.map(async (place) => ({ place: place.name, result: await place.ping(limited) })))
      return together(failed(pinged), limited) ?? ok()
    })
  }

  /** What is under way is cancelled here; the places then wait until nothing is written any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls[Symbol.asyncDispose]()
    const closed = await Promise.allSettled(this.places.map((place) => place[Symbol.asyncDispose]()))
    for (const outcome of closed) if (outcome.status === 'rejected') throw outcome.reason
  }

  #untilClosed<T>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<Result<T, PluginError>>): Promise<Result<T, PluginError>> {
    return this.#calls.run(signal, async (limited) => valueOf(await work(limited)))
  }

  #store(
    key: string,
    signal: AbortSignal,
    work: (storage: StorageBackend, limited: AbortSignal) => Promise<Result<StoredObject, PluginError>>,
    progress?: CopyProgress,
  ): Promise<Result<StoredObject, PluginError>> {
    const address = this.locate(key)
    if (!address.ok) return Promise.resolve(address)
    return this.#untilClosed(signal, (limited) =>
      this.#storeEverywhere(address.value, limited, (storage) => work(storage, limited), progress),
    )
  }

  async #storeEverywhere(
    address: string,
    signal: AbortSignal,
    work: (storage: StorageBackend) => Promise<Result<StoredObject, PluginError>>,
    progress?: CopyProgress,
  ): Promise<Result<StoredObject, PluginError>> {
    const before = new Map(progress?.copies.map((copy) => [copy.place, copy]))
    const outcomes = await Promise.all(
      this.places.map(async (place): Promise<{ readonly place: string; readonly result: Result<StoredObject, PluginError> }> => {
        const known = before.get(place.name)
        if (known !== undefined) return { place: place.name, result: ok(known) }
        const result = await place.store(work, signal)
        if (result.ok) progress?.onCopy(copyIn(place.name, result.value))
        return { place: place.name, result }
      }),
    )
    const failure = together(failed(outcomes), signal)
    if (failure !== null) return failure
    const links = outcomes.map(({ result }) => (result.ok ? result.value.view_url : null))
    return ok({ storage_uri: address, view_url: links.find((link) => link !== null) ?? null })
  }

  /** In the order of the config, but those that hang come last. */
  #whoHas(storageUri: string): { readonly here: readonly Here[]; readonly failures: readonly PlaceError[] } {
    const here: Here[] = []
    const failures: PlaceError[] = []
    for (const place of this.places) {
      const own = place.ownAddress(storageUri)
      if (!own.ok) failures.push({ place: place.name, error: own.error })
      else if (own.value !== null) here.push({ place, own: own.value })
    }
    return { here: here.toSorted((a, b) => Number(a.place.isSilent) - Number(b.place.isSilent)), failures }
  }

  async #firstThatHas<T>(
    storageUri: string,
    signal: AbortSignal,
    ask: (here: Here) => Promise<Result<T, PluginError>>,
  ): Promise<Result<T, PluginError>> {
    const { here, failures } = this.#whoHas(storageUri)
    const reasons = [...failures]
    for (const candidate of here) {
      const answer = await ask(candidate)
      if (answer.ok) return answer
      if (signal.aborted) return err(pluginError('cancelled', 'cancelled'))
      reasons.push({ place: candidate.place.name, error: answer.error })
    }
    return err(notFound(reasons))
  }
}

/** A place keeps no copies of its own; what it takes is progress of the whole. */
function ofOnePlace({ onBytes }: CopyProgress): CopyProgress {
  return { onBytes, copies: [], onCopy: () => undefined }
}

function copyIn(place: string, { storage_uri, view_url }: StoredObject): StoredCopy {
  return { place, storage_uri, view_url }
}

function failed(outcomes: readonly { readonly place: string; readonly result: Result<unknown, PluginError> }[]): PlaceError[] {
  return outcomes.flatMap(({ place, result }) => (result.ok ? [] : { place, error: result.error }))
}

/** Null when nothing failed. */
function together(failures: readonly PlaceError[], signal: AbortSignal): Result<never, PluginError> | null {
  const [first, ...others] = failures
  if (first === undefined) return null
  return err(signal.aborted ? pluginError('cancelled', 'cancelled') : combined([first, ...others]))
}
