import { readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { syncFolder, TEMP_SUFFIX, writeFileAtomic } from '../../../../lib/atomic-file.ts'
import { partsOfFileName } from './inbox-folders.ts'

/** A whole upload that is durably ours. */
export interface ReadyUpload {
  readonly id: string
  readonly path: string
  readonly original_name: string
  readonly size_bytes: number
}

const NameSchema = z.object({ original_name: z.string().min(1) })

/** The uploads in a folder that wait to be handed over. The name of each stands in `<id>.json`, as it may be one no disk would take. */
export class ReadyUploads {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Takes a synced file over. When it resolves, the file outlives a power cut. */
  async take(path: string, fileName: string, originalName: string): Promise<ReadyUpload> {
    const { id } = partsOfFileName(fileName) ?? { id: fileName }
    // The name first: a name without its file is nothing, a file without its name would lose something.
    await this.#writeName(id, originalName)
    const target = join(this.#folder, fileName)
    await rename(path, target)
    await syncFolder(this.#folder)
    return { id, path: target, original_name: originalName, size_bytes: (await stat(target)).size }
  }

  async rename(upload: ReadyUpload, originalName: string): Promise<ReadyUpload> {
    await this.#writeName(upload.id, originalName)
    return { ...upload, original_name: originalName }
  }

  /** Removes it, or what is left of it once it is handed over. */
  async remove(upload: ReadyUpload): Promise<void> {
    await rm(upload.path, { force: true })
    await this.forgetName(upload)
  }

  /** For a file that is somewhere else by now. */
  async forgetName({ id }: ReadyUpload): Promise<void> {
    await rm(this.#namePath(id), { force: true })
  }

  /** What an earlier run left behind, oldest first. Half-written names and names without a file are removed. */
  async leftovers(): Promise<ReadyUpload[]> {
    const names = (await readdir(this.#folder)).sort()
    const found: ReadyUpload[] = []
    const ids = new Set<string>()
    for (const fileName of names) {
      const parts = partsOfFileName(fileName)
      if (parts === null) continue
      const path = join(this.#folder, fileName)
      const original_name = (await this.#readName(parts.id)) ?? parts.name
      found.push({ id: parts.id, path, original_name, size_bytes: (await stat(path)).size })
      ids.add(parts.id)
    }
    for (const name of names.filter((each) => each.endsWith(TEMP_SUFFIX) || (each.endsWith('.json') && !ids.has(each.slice(0, -5))))) {
      if (partsOfFileName(name) === null) await rm(join(this.#folder, name), { force: true })
    }
    return found
  }

  #namePath(id: string): string {
    return join(this.#folder, `${id}.json`)
  }

  async #writeName(id: string, original_name: string): Promise<void> {
    await writeFileAtomic(this.#namePath(id), JSON.stringify({ original_name }))
  }

  async #readName(id: string): Promise<string | null> {
    try {
      return NameSchema.parse(JSON.parse(await readFile(this.#namePath(id), 'utf8'))).original_name
    } catch {
      return null // then a piece of it stands in the file's own name
    }
  }
}
