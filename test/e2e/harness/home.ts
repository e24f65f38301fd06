import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { onTestFailed, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { JournalSchema, type Journal } from '../../../src/contracts/clip-state.ts'
import { clip, drop, sha256 } from './clips.ts'
import { HomesecProcess } from './homesec-process.ts'
import { waitFor } from './wait-for.ts'
import { startWebhookReceiver, type WebhookReceiver } from './webhook-receiver.ts'

type Json = Readonly<Record<string, unknown>>

export const CAMERA = 'front_door'

/** A household of one test: its folders, its configuration and its processes. */
export class Home {
  readonly root: string
  readonly inbox: string
  readonly data: string
  readonly storage: string
  readonly env: Record<string, string> = {}
  readonly #runs: HomesecProcess[] = []
  readonly #undo: (() => Promise<void> | void)[] = []
  #config: Json = {}

  constructor() {
    // Postgres runs as another user and has to get in.
    this.root = mkdtempSync(join(tmpdir(), 'homesec-e2e-'))
    chmodSync(this.root, 0o755)
    this.inbox = join(this.root, 'inbox')
    this.data = join(this.root, 'data')
    this.storage = join(this.root, 'storage')
    mkdirSync(this.inbox)
  }

  get configPath(): string {
    return join(this.root, 'homesec.yaml')
  }

  /** Keys given here replace those of the household that every test starts from. */
  configure(changes: Json): this {
    this.#config = { ...defaults(this), ...changes }
    writeFileSync(this.configPath, stringify(this.#config))
    return this
  }

  /** Changes single keys of what is configured now. */
  reconfigure(changes: Json): this {
    return this.configure({ ...this.#config, ...changes })
  }

  /** Something to take down after the test; last in, first out. */
  own<T extends AsyncDisposable>(resource: T): T {
    this.#undo.push(async () => resource[Symbol.asyncDispose]())
    return resource
  }

  defer(undo: () => Promise<void> | void): void {
    this.#undo.push(undo)
  }

  /** Starts the program without waiting for anything. */
  spawn(args: readonly string[] = ['run', '--config', this.configPath]): HomesecProcess {
    const run = new HomesecProcess(args, this.env, this.root)
    this.#runs.push(run)
    return run
  }

  /** Starts the program and waits until it says that it runs. */
  async start(): Promise<HomesecProcess & { readonly url: string }> {
    const run = this.spawn()
    const line = await run.logged('homesec_started')
    return Object.assign(run, { url: typeof line['url'] === 'string' ? line['url'] : '' })
  }

  /** Drops clip `n` into the watched folder. */
  drop(n: number): void {
    drop(this.inbox, nameOf(n), clip(n))
  }

  /** Every journal in the spool. One that is being replaced right now is never half there. */
  journals(): Journal[] {
    return this.#journalPaths().map(readJournal)
  }

  /** By its bytes: a video that recovery found without its journal has lost the name it came under. */
  journal(n: number): Journal | undefined {
    const wanted = sha256(clip(n))
    return this.journals().find(({ content_sha256 }) => content_sha256 === wanted)
  }

  /** Resolves when the journal of clip `n` is as wanted. */
  until(n: number, what: string, fits: (journal: Journal) => boolean, withinMs?: number): Promise<Journal> {
    const look = () => {
      const journal = this.journal(n)
      return journal !== undefined && fits(journal) ? journal : null
    }
    return waitFor(() => `clip ${n}: ${what}; it is ${JSON.stringify(this.journal(n)?.stages)}`, look, withinMs)
  }

  done(n: number, withinMs?: number): Promise<Journal> {
    return this.until(n, 'done', ({ status }) => status === 'done', withinMs)
  }

  /** Reads each journal again only until it is done: hundreds of them are no small matter. */
  allDone(numbers: readonly number[], withinMs?: number): Promise<Journal[]> {
    const wanted = new Set(numbers.map((n) => sha256(clip(n))))
    const done = new Map<string, Journal>()
    const look = () => {
      for (const path of this.#journalPaths()) {
        const journal = done.has(path) ? null : readJournal(path)
        if (journal?.status === 'done' && wanted.has(journal.content_sha256)) done.set(path, journal)
      }
      return new Set([...done.values()].map(({ content_sha256 }) => content_sha256)).size === wanted.size ? [...done.values()] : null
    }
    return waitFor(() => `${numbers.length} clips to be done; ${done.size} are`, look, withinMs)
  }

  /** Name and SHA-256 of every object with that ending in the storage. */
  stored(ending = '.mp4', root = this.storage): { readonly name: string; readonly sha256: string }[] {
    const folder = join(root, 'clips')
    if (!existsSync(folder)) return []
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile() && entry.name.endsWith(ending),
    )
    return files.map((entry) => ({ name: entry.name, sha256: sha256(readFileSync(join(entry.parentPath, entry.name))) }))
  }

  /** How often the bytes of each clip stand in the storage; 1 for each when all is well. */
  copiesOf(numbers: readonly number[]): number[] {
    const copies = new Map<string, number>()
    for (const object of this.stored()) copies.set(object.sha256, (copies.get(object.sha256) ?? 0) + 1)
    return numbers.map((n) => copies.get(sha256(clip(n))) ?? 0)
  }

  quarantined(): string[] {
    const folder = join(this.data, 'quarantine', CAMERA)
    return existsSync(folder) ? readdirSync(folder) : []
  }

  async close(): Promise<void> {
    for (const run of this.#runs) if (run.isRunning) await run.kill()
    this.#stopDatabase()
    for (const undo of this.#undo.splice(0).reverse()) await undo()
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }

  /** What the processes said, for whoever has to find out why a test failed. */
  story(): string {
    return this.#runs.map(({ stdout, stderr }, n) => `--- process ${n + 1} of ${basename(this.root)}\n${stdout}${stderr}`).join('\n')
  }

  #journalPaths(): string[] {
    const folder = join(this.data, 'spool', CAMERA)
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.mp4.json')) : []
    return names.map((name) => join(folder, name))
  }

  /** The embedded server outlives a killed program, on purpose. */
  #stopDatabase(): void {
    try {
      const pid = Number(readFileSync(join(this.data, 'db', 'postmaster.pid'), 'utf8').split('\n')[0])
      if (pid > 1) process.kill(pid, 'SIGQUIT')
    } catch {
      // None was started, or it has ended.
    }
  }
}

/** Gives a home a phone: one webhook that is told of everything. */
export async function withPhone(home: Home): Promise<WebhookReceiver> {
  const phone = home.own(await startWebhookReceiver())
  home.reconfigure({ notifiers: [{ name: 'phone', backend: 'webhook', config: { url: phone.url } }] })
  return phone
}

/** A home for the running test: taken down after it, and its log printed if it failed. */
export function openHome(changes: Json = {}): Home {
  const home = new Home().configure(changes)
  onTestFinished(() => home.close())
  onTestFailed(() => console.error(home.story()))
  return home
}

function readJournal(path: string): Journal {
  return JournalSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
}

export function nameOf(n: number): string {
  return `visit-${n}.mp4`
}

/** An upload that failed is tried again only seconds later, so that the alert finds it failed. */
export const FAILS_FOR_SECONDS = { retry: { max_attempts: 1, backoff_s: 5 } }

/** Quick to try again, so that an outage of a test is over in seconds; everyone is told of every person. */
function defaults({ inbox, storage }: Home): Json {
  return {
    version: 1,
    data_dir: './data',
    cameras: [{ name: CAMERA, source: { backend: 'folder', config: { path: inbox, stability_s: 0.3, poll_s: 0.3 } } }],
    storage: { backend: 'local', config: { root: storage } },
    retention: { min_free_bytes: 0 },
    filter: { backend: 'mock' },
    alert_policy: { backend: 'default', config: { notify_on_classes: ['person'] } },
    notifiers: [],
    retry: { max_attempts: 2, backoff_s: 0.2 },
    database: { enabled: false },
    server: { port: 0 },
    shutdown_grace_s: 5,
  }
}
