import { parentsOf, pathComplaint } from './paths.ts'

export interface StoredFile {
  readonly kind: 'file'
  readonly display: string
  /** Empty where the server keeps no bytes. */
  readonly bytes: Buffer
  readonly size: number
  readonly hash: string
  readonly rev: string
}
interface StoredFolder {
  readonly kind: 'folder'
  readonly display: string
  readonly readOnly: boolean
}
export type Entry = StoredFile | StoredFolder

/** What an account holds. Names differ by more than case, and keep the case they first had. */
export class Tree {
  readonly #entries = new Map<string, Entry>()
  #revisions = 0

  get files(): readonly StoredFile[] {
    return [...this.#entries.values()].filter((entry) => entry.kind === 'file')
  }

  get used(): number {
    return this.files.reduce((sum, { size }) => sum + size, 0)
  }

  find(path: string): Entry | null {
    return this.#entries.get(path.toLowerCase()) ?? null
  }

  /** Why nothing can be written there, as a WriteError; null when it can. */
  writeError(path: string): readonly string[] | null {
    const complaint = pathComplaint(path)
    if (complaint !== null) return [complaint]
    if (this.find(path)?.kind === 'folder') return ['conflict', 'folder']
    const parents = parentsOf(path).map((parent) => this.find(parent))
    if (parents.some((parent) => parent?.kind === 'file')) return ['conflict', 'file_ancestor']
    return parents.some((parent) => parent?.kind === 'folder' && parent.readOnly) ? ['no_write_permission'] : null
  }

  /** Puts a file in its place, in one step, and makes the folders above it. */
  write(path: string, content: Pick<StoredFile, 'bytes' | 'size' | 'hash'>): StoredFile {
    for (const parent of parentsOf(path)) this.addFolder(parent)
    const old = this.find(path)
    // The same content again is no new revision.
    if (old?.kind === 'file' && old.hash === content.hash) return old
    this.#revisions += 1
    const rev = this.#revisions.toString(16).padStart(15, '0')
    const file: StoredFile = { kind: 'file', display: old?.display ?? this.#displayOf(path), rev, ...content }
    this.#entries.set(path.toLowerCase(), file)
    return file
  }

  addFolder(path: string, readOnly = false): void {
    if (this.find(path) === null) this.#entries.set(path.toLowerCase(), { kind: 'folder', display: this.#displayOf(path), readOnly })
  }

  /** A folder goes with all that is in it. */
  remove(path: string): void {
    const lower = path.toLowerCase()
    for (const name of [...this.#entries.keys()]) if (name === lower || name.startsWith(`${lower}/`)) this.#entries.delete(name)
  }

  #displayOf(path: string): string {
    const parent = parentsOf(path).at(-1)
    const above = parent === undefined ? '' : (this.find(parent)?.display ?? parent)
    return `${above}/${path.slice(path.lastIndexOf('/') + 1)}`
  }
}
