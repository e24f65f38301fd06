import type { Journal } from '../contracts/clip-state.ts'
import type { PluginError } from '../contracts/errors.ts'
import type { JournalStore } from '../contracts/journal.ts'
import { err, ok, type Result } from '../contracts/result.ts'

/** Journals in memory, for a test to break. */
export class MemoryJournal implements JournalStore {
  readonly files = new Map<string, Journal>()
  /** What every write answers while it is set. */
  fails: PluginError | null = null
  /** What every write, and every read after it has looked, waits for. */
  gate: Promise<void> = Promise.resolve()
  readGate: Promise<void> = Promise.resolve()
  writes = 0

  async write(journal: Journal): Promise<Result<void, PluginError>> {
    this.writes += 1
    await this.gate
    if (this.fails !== null) return err(this.fails)
    this.files.set(journal.clip_id, structuredClone(journal))
    return ok()
  }

  async read(clipId: string): Promise<Result<Journal | null, PluginError>> {
    const found = structuredClone(this.files.get(clipId) ?? null)
    await this.readGate
    return ok(found)
  }

  async scan(): Promise<Result<void, PluginError>> {
    return ok()
  }
}
