import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ClipStateDataSchema, JournalSchema, type ClipStateData, type Journal } from '../contracts/clip-state.ts'
import { CAMERA_NAME_PATTERN, CLIP_ID_PATTERN } from '../contracts/clip.ts'
import { codeOf, messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import type { JournalStore, SpoolFinding } from '../contracts/journal.ts'
import { attempt, err, ok, type Result } from '../contracts/result.ts'
import { COPYING_PREFIX, LINKED_PREFIX, MOVED_PREFIX } from '../contracts/spool-names.ts'
import { TEMP_SUFFIX, writeFileAtomic } from '../lib/atomic-file.ts'
import { inBatches } from '../lib/in-batches.ts'
import { parseJournal } from './parse-journal.ts'

const READS_AT_ONCE = 16

/** Journals as files: `<spool>/<camera>/<clip_id>.json`, beside the clip. */
export class JournalFiles implements JournalStore {
  readonly #root: string
  readonly #writing = new Set<string>()

  constructor(spoolRoot: string) {
    this.#root = spoolRoot
  }

  async write(journal: Journal): Promise<Result<void, PluginError>> {
    const path = this.#pathOf(journal.camera_name, journal.clip_id)
    this.#writing.add(path)
    const written = await attempt(() => writeFileAtomic(path, JSON.stringify(journal)), toWriteError)
    this.#writing.delete(path)
    return written
  }

  async read(clipId: string): Promise<Result<Journal | null, PluginError>> {
    for (const cameraName of camerasThatFit(clipId)) {
      const text = await readText(this.#pathOf(cameraName, clipId))
      if (!text.ok) return text
      if (text.value === null) continue
      const parsed = parseJournal(text.value, JournalSchema)
      return parsed.ok ? parsed : err(pluginError('invalid', `the journal of ${clipId} is unreadable: ${parsed.error}`))
    }
    return ok(null)
  }

  async scan(visit: (finding: SpoolFinding) => void, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return attempt(async () => {
      for (const entry of await foldersIn(this.#root)) {
        if (signal.aborted) return
        if (CAMERA_NAME_PATTERN.test(entry)) await this.#scanCamera(entry, visit, signal).catch(visitAs(join(this.#root, entry), visit))
      }
    }, toWriteError)
  }

  async #scanCamera(cameraName: string, visit: (finding: SpoolFinding) => void, signal: AbortSignal): Promise<void> {
    const folder = join(this.#root, cameraName)
    const names = await readdir(folder)
    const present = new Set(names)
    await inBatches(names, READS_AT_ONCE, signal, async (name) => {
      const path = join(folder, name)
      if (name.startsWith(MOVED_PREFIX)) visit({ type: 'staged', cameraName, path })
      else if (name.startsWith(LINKED_PREFIX)) await visitLinked(path, cameraName, visit).catch(visitAs(path, visit))
      else if (name.endsWith(TEMP_SUFFIX)) await this.#removeUnfinished(path)
      else if (name.startsWith(COPYING_PREFIX)) await remove(path)
      else if (CLIP_ID_PATTERN.test(name) && !present.has(`${name}.json`)) visit({ type: 'orphan', cameraName, path })
      else if (name.endsWith('.json')) await visitJournal(path, present.has(name.slice(0, -'.json'.length)), visit)
    })
  }

  /** What a crash left; but new clips are written while we look. */
  async #removeUnfinished(path: string): Promise<void> {
    const isOurs = [...this.#writing].some((journal) => path.startsWith(`${journal}.`))
    if (!isOurs) await remove(path)
  }

  #pathOf(cameraName: string, clipId: string): string {
    return join(this.#root, cameraName, `${clipId}.json`)
  }
}

async function visitJournal(path: string, fileExists: boolean, visit: (finding: SpoolFinding) => void): Promise<void> {
  const text = await readText(path)
  if (!text.ok) {
    visit({ type: 'unreadable', path, reason: text.error.message })
    return
  }
  if (text.value === null) return
  // The events stay unchecked here: a start with ten thousand clips needs only their states.
  const parsed = parseJournal<ClipStateData>(text.value, ClipStateDataSchema)
  if (parsed.ok) visit({ type: 'clip', state: parsed.value, fileExists })
  else visit({ type: 'unreadable', path, reason: parsed.error })
}

/** One file or folder that cannot be looked at never hides the others. One that went meanwhile is no finding. */
function visitAs(path: string, visit: (finding: SpoolFinding) => void): (cause: unknown) => void {
  return (cause) => {
    if (codeOf(cause) !== 'ENOENT') visit({ type: 'unreadable', path, reason: `it cannot be read: ${codeOf(cause) || messageOf(cause)}` })
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined) // on a read-only disk it stays, and takes no harm
}

/**
 * A second hard link is the original at its source, which will offer it again; a lone file is all there is. Of a file that was
 * moved here this does not hold: its other links are anyone's.
 */
async function visitLinked(path: string, cameraName: string, visit: (finding: SpoolFinding) => void): Promise<void> {
  const { nlink } = await stat(path)
  if (nlink > 1) await rm(path, { force: true })
  else visit({ type: 'staged', cameraName, path })
}

/** `cam_5_1767225600_2.mp4` is the second clip of `cam_5`, or one of a camera `cam_5_1767225600`. */
export function camerasThatFit(clipId: string): string[] {
  if (!CLIP_ID_PATTERN.test(clipId)) return []
  const once = clipId.replace(/_\d{1,12}\.mp4$/, '')
  const twice = clipId.replace(/_\d{1,12}_\d{1,6}\.mp4$/, '')
  return twice === clipId ? [once] : [twice, once]
}

async function readText(path: string): Promise<Result<string | null, PluginError>> {
  try {
    return ok(await readFile(path, 'utf8'))
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return ok(null)
    return err(pluginError('unavailable', `the journal cannot be read: ${codeOf(cause) || messageOf(cause)}`, cause))
  }
}

async function foldersIn(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return []
    throw cause
  }
}

function toWriteError(cause: unknown): PluginError {
  const code = codeOf(cause)
  const message = code === 'ENOSPC' ? 'the disk with the spool is full' : `the spool cannot be written or read: ${code || messageOf(cause)}`
  return pluginError('unavailable', message, cause)
}
