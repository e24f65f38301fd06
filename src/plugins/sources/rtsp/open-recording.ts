import { codeOf, messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { ClosedSegment } from './camera-session.ts'
import type { PictureShape } from './picture-shape.ts'
import type { RecordingFolder, RecordingJournal } from './recording-folder.ts'
import type { Ring } from './ring.ts'

export interface RecordingBegin {
  readonly journal: RecordingJournal
  readonly picture: PictureShape
  /** The segment it begins with, which may be being written. */
  readonly firstName: string
}

/** A clip that is being recorded: it gets hold of what belongs to it, and lets the ring drop nothing that it has not got yet. */
export class OpenRecording {
  readonly folder: RecordingFolder
  readonly picture: PictureShape
  readonly #ring: Ring
  readonly #firstName: string
  /** Complete segments that belong to it and are only in the ring so far. */
  readonly #wanted = new Set<string>()
  /** Complete, and synced. */
  readonly #safe = new Set<string>()
  #journal: RecordingJournal
  #isMade = false
  #keeping: Promise<Result<void, PluginError>> | null = null
  #isJournalWritten = false

  constructor(folder: RecordingFolder, ring: Ring, begin: RecordingBegin) {
    this.folder = folder
    this.picture = begin.picture
    this.#ring = ring
    this.#firstName = begin.firstName
    this.#journal = begin.journal
  }

  /** Stream time of its first picture, exact as soon as its first segment is complete. */
  get firstMs(): number {
    return this.#journal.first_ms
  }

  get isSafe(): boolean {
    return this.#isJournalWritten && this.#wanted.size === 0
  }

  /** A complete segment belongs to it. */
  want({ name, startMs }: ClosedSegment): void {
    if (name === this.#firstName && startMs !== this.firstMs) this.note({ ...this.#journal, first_ms: startMs })
    if (this.#safe.has(name)) return
    this.#wanted.add(name)
    this.#ring.hold(name)
  }

  /** What the next start has to know has changed. */
  note(journal: RecordingJournal): void {
    this.#journal = journal
    this.#isJournalWritten = false
  }

  /**
   * Brings all that it wants onto the durable disk. What cannot be brought now stays in the ring, and is tried again by the next call.
   * @returns `unavailable` with the first thing that went wrong.
   */
  keep(): Promise<Result<void, PluginError>> {
    // Asked for from two sides when it has ended while its disk is in trouble.
    this.#keeping ??= this.#keepNow().finally(() => (this.#keeping = null))
    return this.#keeping
  }

  async #keepNow(): Promise<Result<void, PluginError>> {
    try {
      if (!this.#isMade) await this.folder.create(this.#journal)
      else if (!this.#isJournalWritten) await this.folder.write(this.#journal)
      this.#isMade = true
      this.#isJournalWritten = true
      for (const name of this.#wanted) await this.#bring(name)
      return ok()
    } catch (cause) {
      // Its folder may have gone with its disk: then it is made anew.
      this.#isMade = false
      return trouble(cause)
    }
  }

  /** The segment that is being written: should all end now, it is needed as well. Not yet begun is no trouble. */
  async keepOpen(name: string): Promise<Result<void, PluginError>> {
    try {
      if (this.#isMade) await this.folder.secure(this.#ring.pathOf(name))
      return ok()
    } catch (cause) {
      return codeOf(cause) === 'ENOENT' ? ok() : trouble(cause)
    }
  }

  async #bring(name: string): Promise<void> {
    await this.folder.secure(this.#ring.pathOf(name))
    await this.folder.sync(name)
    this.#wanted.delete(name)
    this.#safe.add(name)
    this.#ring.release(name)
  }
}

function trouble(cause: unknown): Result<never, PluginError> {
  const reason = codeOf(cause) || messageOf(cause)
  return err(pluginError('unavailable', `part of a recording is not on the durable disk yet: ${reason}`, cause))
}
