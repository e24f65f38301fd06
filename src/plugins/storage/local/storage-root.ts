import { randomUUID } from 'node:crypto'
import { readdir, readFile, realpath, stat, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { codeOf, pluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { StorageFault } from '../../../lib/remote-storage/fault.ts'
import { RESERVED_SEGMENT_PREFIX } from '../../../lib/storage-key.ts'
import { makeFolderDurably, placeDurably, writeNew } from './durable-file.ts'

export const MARKER_NAME = '.homesec-storage.json'
/** Unfinished objects live here, out of sight of whoever browses the clips. */
export const INCOMING_NAME = '.homesec-incoming'

const STALE_PART_MS = 60 * 60 * 1000
/** What operating systems put into empty folders and fresh disks. */
const NOT_CONTENT = new Set(['lost+found', '.DS_Store', '.Trash-1000', 'System Volume Information', '$RECYCLE.BIN', '@eaDir'])

const MarkerSchema = z.object({ id: z.uuid() })
const KnownRootsSchema = z.object({ roots: z.record(z.string(), z.uuid()) })

/**
 * The folder that holds the objects, and the proof that it is the one we know.
 *
 * A marker file with an id lies in it. When a known root has none, its disk is not mounted, and writing would fill the disk below.
 */
export class StorageRoot {
  readonly path: string
  readonly #memoryPath: string
  readonly #host: Pick<PluginHost, 'clock' | 'log' | 'dirs'>
  #opening: Promise<string> | null = null
  #swept = false

  constructor(path: string, host: Pick<PluginHost, 'clock' | 'log' | 'dirs'>) {
    this.path = path
    this.#host = host
    this.#memoryPath = join(host.dirs.state, 'known-storage-roots.json')
  }

  /** The real path of the root. Looks at the marker every time, as disks come and go. Throws a `StorageFault` when it is not ours. */
  open(): Promise<string> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  /** A path for an unfinished object, on the same file system as the finished ones. */
  partPath(realRoot: string): string {
    return join(realRoot, INCOMING_NAME, randomUUID())
  }

  async #open(): Promise<string> {
    const known = await this.#knownRoots()
    const knownId = known[this.path]
    const marker = await this.#readMarker()
    if (marker === null && knownId !== undefined) throw notMounted(this.path)
    if (marker === null) await this.#requireEmpty()
    const id = marker?.id ?? knownId ?? randomUUID()
    if (marker?.id === undefined) await this.#writeMarker(id)
    if (id !== knownId) await this.#remember(known, id, knownId !== undefined)
    const realRoot = await realpath(this.path)
    await this.#prepareIncoming(realRoot)
    return realRoot
  }

  /** Null: there is none. Without an id: the owner (or a broken write) left an empty one, which adopts the folder. */
  async #readMarker(): Promise<{ readonly id: string | undefined } | null> {
    const text = await readIfThere(join(this.path, MARKER_NAME))
    return text === null ? null : { id: parseJson(MarkerSchema, text)?.id }
  }

  async #requireEmpty(): Promise<void> {
    await makeFolderDurably(this.path)
    const content = (await readdir(this.path)).filter((name) => !NOT_CONTENT.has(name) && !name.startsWith(RESERVED_SEGMENT_PREFIX))
    if (content.length > 0) throw notEmpty(this.path)
  }

  async #writeMarker(id: string): Promise<void> {
    const text = JSON.stringify({ id, about: 'Marks this folder as storage of HomeSec. Do not delete it.' })
    await placeDurably(join(this.path, `${MARKER_NAME}.${randomUUID()}`), join(this.path, MARKER_NAME), (part) =>
      writeNew(part, encode(text)),
    )
  }

  async #knownRoots(): Promise<Readonly<Record<string, string>>> {
    const text = await readIfThere(this.#memoryPath)
    return text === null ? {} : (parseJson(KnownRootsSchema, text)?.roots ?? {})
  }

  async #remember(known: Readonly<Record<string, string>>, id: string, exchanged: boolean): Promise<void> {
    if (exchanged) {
      // Disks that take turns are a backup habit: say so, and go on.
      this.#host.log.warn(
        { event_type: 'storage_exchanged', root: this.path },
        'another storage disk is mounted; clips on the former one are out of reach',
      )
    }
    await makeFolderDurably(this.#host.dirs.state)
    const text = JSON.stringify({ roots: { ...known, [this.path]: id } })
    await placeDurably(`${this.#memoryPath}.${randomUUID()}`, this.#memoryPath, (part) => writeNew(part, encode(text)))
  }

  async #prepareIncoming(realRoot: string): Promise<void> {
    const folder = join(realRoot, INCOMING_NAME)
    await makeFolderDurably(folder)
    if (this.#swept) return
    this.#swept = true
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      const { mtimeMs } = await stat(path)
      // Left by a process that died; a young one may belong to a neighbour that is still writing.
      if (this.#host.clock.now().getTime() - mtimeMs > STALE_PART_MS) await rm(path, { force: true, recursive: true })
    }
  }
}

function notMounted(root: string): StorageFault {
  return new StorageFault(
    pluginError(
      'unavailable',
      `the storage folder ${root} has lost its marker ${MARKER_NAME}: is its disk mounted? ` +
        `Mount it; or, if this is the right folder, create an empty file of that name in it`,
    ),
  )
}

function notEmpty(root: string): StorageFault {
  return new StorageFault(
    pluginError(
      'rejected',
      `the storage folder ${root} has other files in it. Name an empty or new folder; ` +
        `or, if this is the right one, create an empty file ${MARKER_NAME} in it`,
    ),
  )
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null
    throw cause
  }
}

function parseJson<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
