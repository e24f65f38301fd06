import { randomUUID } from 'node:crypto'
import { copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { codeOf, messageOf, pluginError, type ErrorKind, type PluginError } from '../../contracts/errors.ts'
import { attempt, ok, type Result } from '../../contracts/result.ts'
import { COPYING_PREFIX, LINKED_PREFIX, MOVED_PREFIX } from '../../contracts/spool-names.ts'
import { syncFolder } from '../../lib/atomic-file.ts'
import { isThere } from '../../lib/is-there.ts'
import { clipIdFor } from './clip-name.ts'

/** Seconds whose numbering is remembered; the others are found on disk. */
const MOST_SECONDS = 1000

/** A file that is in the spool's folder, whole and durable, but not yet under its final name. */
export interface StagedFile {
  readonly path: string
  readonly camera_name: string
}

/** A clip's file under its final name. */
export interface PlacedFile {
  readonly clip_id: string
  readonly path: string
  readonly size_bytes: number
}

/** The folder of clips: `<root>/<camera>/<clip_id>`. Only one process uses it, which the lock on the data folder guarantees. */
export class Spool {
  readonly root: string
  readonly #quarantine: string
  /** Names given out whose files are not there yet. */
  readonly #reserved = new Set<string>()
  /** Names of files in the spool that are being taken in. */
  readonly #kept = new Set<string>()
  /** The highest number given out for a camera's second, so that a burst of clips does not try all names before its own. */
  readonly #lastNth = new Map<string, number>()

  constructor(root: string, quarantine: string) {
    this.root = root
    this.#quarantine = quarantine
  }

  pathOf(cameraName: string, clipId: string): string {
    return join(this.root, cameraName, clipId)
  }

  /** Brings a file into the spool under a hidden name: hard link or copy for `link`, rename or copy for `move`. */
  stage(path: string, cameraName: string, take: 'link' | 'move'): Promise<Result<StagedFile, PluginError>> {
    return attempt(async () => {
      const folder = join(this.root, cameraName)
      await mkdir(folder, { recursive: true })
      const staged = join(folder, `${take === 'link' ? LINKED_PREFIX : MOVED_PREFIX}${randomUUID()}`)
      try {
        await bring(path, staged, take)
        await syncFile(staged)
      } catch (cause) {
        await this.unstage({ path: staged, camera_name: cameraName }, path)
        throw cause
      }
      return { path: staged, camera_name: cameraName }
    }, toSpoolError)
  }

  /** Stages what `make` writes from a file that stays where it is until the clip stands. */
  async stageMade(
    cameraName: string,
    make: (output: string) => Promise<Result<void, PluginError>>,
  ): Promise<Result<StagedFile, PluginError>> {
    const folder = join(this.root, cameraName)
    // Under the name of a copy: after a crash it is worth nothing, as its original is still there.
    const staged = { path: join(folder, `${COPYING_PREFIX}${randomUUID()}`), camera_name: cameraName }
    const ready = await attempt(() => mkdir(folder, { recursive: true }), toSpoolError)
    if (!ready.ok) return ready
    const made = await make(staged.path)
    const synced = made.ok ? await attempt(() => syncFile(staged.path), toSpoolError) : made
    if (synced.ok) return ok(staged)
    await this.discard(staged)
    return synced
  }

  /**
   * Keeps a path for the file that lies there while it is taken in, perhaps under a hidden name: a new clip that got the name meanwhile
   * would be removed, or be in the way, as what is left of that file.
   */
  keepName(path: string): Disposable {
    this.#kept.add(path)
    return { [Symbol.dispose]: () => void this.#kept.delete(path) }
  }

  /**
   * Gives a staged file the first free name of its second; durable when it resolves.
   * @param own a kept path that this file may have again.
   */
  commit(staged: StagedFile, startSeconds: number, own: string | null = null): Promise<Result<PlacedFile, PluginError>> {
    return attempt(async () => {
      const second = `${staged.camera_name} ${startSeconds}`
      for (let nth = (this.#lastNth.get(second) ?? 0) + 1; ; nth += 1) {
        const clip_id = clipIdFor(staged.camera_name, startSeconds, nth)
        const path = this.pathOf(staged.camera_name, clip_id)
        if (this.#reserved.has(path) || (this.#kept.has(path) && path !== own)) continue
        this.#reserved.add(path)
        try {
          // A pruned clip has only its journal left; its name stays taken.
          if ((await isThere(path)) || (await isThere(`${path}.json`))) continue
          await rename(staged.path, path)
          this.#remember(second, nth)
          await syncFolder(join(this.root, staged.camera_name))
          return { clip_id, path, size_bytes: (await stat(path)).size }
        } finally {
          this.#reserved.delete(path)
        }
      }
    }, toSpoolError)
  }

  #remember(second: string, nth: number): void {
    this.#lastNth.delete(second) // moves it to the end: the oldest are forgotten first
    this.#lastNth.set(second, nth)
    if (this.#lastNth.size <= MOST_SECONDS) return
    for (const oldest of this.#lastNth.keys()) {
      this.#lastNth.delete(oldest)
      return
    }
  }

  /** Undoes `stage`. A file that was moved goes back; it is never removed while it may be the only copy. */
  async unstage(staged: StagedFile, original: string): Promise<void> {
    if (await isThere(original)) await this.discard(staged)
    else await rename(staged.path, original).catch(() => undefined) // then it stays, and the next start takes it in
  }

  async discard(staged: StagedFile): Promise<void> {
    await rm(staged.path, { force: true }).catch(() => undefined) // what stays is removed by the next scan
  }

  /** Puts a staged file aside, where the owner can look at it. Never overwrites. */
  quarantine(staged: StagedFile, originalName: string, now: Date): Promise<Result<string, PluginError>> {
    return attempt(async () => {
      const folder = join(this.#quarantine, staged.camera_name)
      await mkdir(folder, { recursive: true })
      const stamp = now.toISOString().replace(/[:.]/g, '-')
      const path = join(folder, `${stamp}_${randomUUID().slice(0, 8)}_${harmlessName(originalName)}`)
      await bring(staged.path, path, 'move')
      await this.discard(staged) // it was copied, if the quarantine is on another disk
      await syncFolder(folder)
      return path
    }, toSpoolError)
  }
}

async function bring(from: string, to: string, take: 'link' | 'move'): Promise<void> {
  try {
    await (take === 'link' ? link(from, to) : rename(from, to))
  } catch (cause) {
    // Other disk, no hard links there, or not our file: then the bytes are copied.
    if (!['EXDEV', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS'].includes(codeOf(cause))) throw cause
    await copyWhole(from, to)
  }
}

async function copyWhole(from: string, to: string): Promise<void> {
  const copying = join(dirname(to), `${COPYING_PREFIX}${randomUUID()}`)
  try {
    await copyFile(from, copying)
    await syncFile(copying)
    await rename(copying, to)
  } catch (cause) {
    await rm(copying, { force: true }).catch(() => undefined)
    throw cause
  }
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function harmlessName(name: string): string {
  const safe = basename(name.replaceAll('\\', '/')).replace(/[^A-Za-z0-9._-]/g, '_')
  return safe.slice(-100) || 'unnamed'
}

const KIND_BY_CODE: Readonly<Record<string, ErrorKind>> = {
  ENOENT: 'invalid',
  EISDIR: 'invalid',
  ENAMETOOLONG: 'invalid',
}

function toSpoolError(cause: unknown): PluginError {
  const code = codeOf(cause)
  // Everything else can pass: a full disk, a busy one, one that is mounted again. The file stays where it is until then.
  const message = code === 'ENOSPC' ? 'the disk with the spool is full' : `the spool did not take the file: ${code || messageOf(cause)}`
  return pluginError(KIND_BY_CODE[code] ?? 'unavailable', message, cause)
}
