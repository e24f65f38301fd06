import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Logger } from '../../../contracts/logger.ts'
import { attempt, ok, type Result } from '../../../contracts/result.ts'
import { TEMP_SUFFIX, writeFileAtomic } from '../../../lib/atomic-file.ts'
import { MessageSchema, type Message } from './message.ts'

const NAME = /^(\d{12})-([0-9a-f]{16})\.json$/
const SET_ASIDE = 'set-aside'

/**
 * Messages that wait on disk for the broker, one small file each, in order. What is in the folder at the next start is in the
 * outbox. Files that are no messages are moved to `set-aside/`, never deleted and never in the way.
 */
export class Outbox {
  readonly #folder: string
  readonly #maxMessages: number
  readonly #log: Logger
  /** One writer at a time, so that order and the dedupe check hold. */
  #lastTurn: Promise<unknown> = Promise.resolve()
  /** File names in order; by number, since the name begins with it. Null until the folder was read. */
  #names: string[] | null = null
  #nextNumber = 1

  constructor(folder: string, maxMessages: number, log: Logger) {
    this.#folder = folder
    this.#maxMessages = maxMessages
    this.#log = log
  }

  /** Reads what earlier processes left. May be called again after a failure. */
  async open(): Promise<Result<void, PluginError>> {
    return this.#inTurn(() => this.#attempt(() => this.#readFolder()))
  }

  get size(): number {
    return this.#names?.length ?? 0
  }

  /** Durable when it resolves with ok. A waiting message with the same dedupe_key is replaced and keeps its place. */
  async put(message: Message): Promise<Result<void, PluginError>> {
    return this.#inTurn(() => this.#attempt(() => this.#write(message)))
  }

  /** The oldest waiting message, or null. */
  async head(): Promise<{ readonly name: string; readonly message: Message } | null> {
    for (let name = this.#names?.[0]; name !== undefined; name = this.#names?.[0]) {
      const message = await this.#read(name)
      if (message !== null) return { name, message }
      // A drop while we were reading has taken it already.
      if (this.#names?.[0] === name) await this.setAside(name, 'not a message of this version')
    }
    return null
  }

  /** After delivery. Not fsynced: at worst, a power cut at this moment delivers it twice. */
  async remove(name: string): Promise<void> {
    await this.#inTurn(async () => {
      this.#forget(name)
      try {
        await rm(join(this.#folder, name), { force: true })
      } catch (cause) {
        this.#log.warn({ event_type: 'mqtt_outbox_remove_failed', code: codeOf(cause) }, 'a delivered message stays on disk')
      }
    })
  }

  async setAside(name: string, reason: string): Promise<void> {
    await this.#inTurn(async () => {
      this.#forget(name)
      await this.#move(name, reason)
    })
  }

  /** `work` must not reject. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work)
    this.#lastTurn = turn
    return turn
  }

  async #write(message: Message): Promise<void> {
    const names = await this.#readFolder()
    const key = keyOf(message.dedupe_key)
    const waiting = names.find((name) => name.includes(key))
    const name = waiting ?? `${String(this.#nextNumber).padStart(12, '0')}-${key}.json`
    await writeFileAtomic(join(this.#folder, name), JSON.stringify(message))
    if (waiting !== undefined) return
    this.#nextNumber += 1
    names.push(name)
    await this.#dropOldest(names)
  }

  #forget(name: string): void {
    if (this.#names !== null) this.#names = this.#names.filter((other) => other !== name)
  }

  async #readFolder(): Promise<string[]> {
    if (this.#names !== null) return this.#names
    await mkdir(this.#folder, { recursive: true })
    const names: string[] = []
    for (const entry of await readdir(this.#folder, { withFileTypes: true })) {
      if (entry.isFile() && NAME.test(entry.name)) names.push(entry.name)
      else if (entry.isFile() && entry.name.endsWith(TEMP_SUFFIX)) await rm(join(this.#folder, entry.name), { force: true })
      else if (entry.name !== SET_ASIDE) await this.#move(entry.name, 'not a file of the outbox')
    }
    names.sort()
    this.#nextNumber = Number(NAME.exec(names.at(-1) ?? '')?.[1] ?? 0) + 1
    this.#names = names
    await this.#dropOldest(names)
    return names
  }

  async #dropOldest(names: string[]): Promise<void> {
    const dropped = names.splice(0, Math.max(0, names.length - this.#maxMessages))
    for (const name of dropped) await rm(join(this.#folder, name), { force: true })
    if (dropped.length === 0) return
    this.#log.warn({ event_type: 'mqtt_outbox_full', dropped: dropped.length, max_messages: this.#maxMessages }, 'oldest messages dropped')
  }

  async #read(name: string): Promise<Message | null> {
    try {
      return MessageSchema.parse(JSON.parse(await readFile(join(this.#folder, name), 'utf8')))
    } catch {
      return null
    }
  }

  async #move(name: string, reason: string): Promise<void> {
    this.#log.warn({ event_type: 'mqtt_outbox_set_aside', file: name, reason }, 'a file in the outbox was set aside')
    try {
      await mkdir(join(this.#folder, SET_ASIDE), { recursive: true })
      await rename(join(this.#folder, name), join(this.#folder, SET_ASIDE, name))
    } catch (cause) {
      this.#log.warn({ event_type: 'mqtt_outbox_set_aside_failed', file: name, code: codeOf(cause) }, 'and could not be moved')
    }
  }

  async #attempt(work: () => Promise<unknown>): Promise<Result<void, PluginError>> {
    const done = await attempt(work, (cause) => {
      const why = codeOf(cause) === '' ? messageOf(cause) : codeOf(cause)
      return pluginError('unavailable', `the outbox on disk cannot be used (${why})`, cause)
    })
    return done.ok ? ok() : done
  }
}

function keyOf(dedupeKey: string): string {
  return createHash('sha256').update(dedupeKey).digest('hex').slice(0, 16)
}
