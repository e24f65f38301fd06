import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../../lib/atomic-file.ts'
import { StreamFactsSchema, type StreamFacts } from './stream-facts.ts'

/** Remembers across restarts what a camera sends, so that the first connection is the right one. Losing it costs one connection. */
export class FactsFile {
  readonly #path: string
  #facts: StreamFacts | null = null

  constructor(folder: string) {
    this.#path = join(folder, 'stream.json')
  }

  get facts(): StreamFacts | null {
    return this.#facts
  }

  async load(): Promise<void> {
    try {
      const parsed = StreamFactsSchema.safeParse(JSON.parse(await readFile(this.#path, 'utf8')))
      if (parsed.success) this.#facts = parsed.data
    } catch {
      // The first start, or a file that is damaged: the camera will say it again.
    }
  }

  async keep(facts: StreamFacts): Promise<void> {
    if (JSON.stringify(facts) === JSON.stringify(this.#facts)) return
    this.#facts = facts
    await writeFileAtomic(this.#path, JSON.stringify(facts)).catch(() => undefined)
  }
}
