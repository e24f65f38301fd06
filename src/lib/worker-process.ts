import { fork, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import { err, type Result } from '../contracts/result.ts'
import { workerEnvironment } from './child-environment.ts'
import { AnswerSchema, NoteSchema, type JobMessage } from './worker-messages.ts'

export type WorkerAnswer = Result<unknown, PluginError>

const STDERR_TAIL_CHARS = 2000

/** One child process that does one job at a time. */
export class WorkerProcess {
  /** Settles when the process is gone. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #alive = true
  #stderr = ''
  #jobsDone = 0

  constructor(entry: URL) {
    // Its own process group: what the worker started dies with it, and Ctrl-C on a terminal is ours to handle.
    this.#child = fork(fileURLToPath(entry), [], {
      execArgv: loaderFor(entry),
      env: workerEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_TAIL_CHARS)
    })
    this.#child.on('error', () => this.kill()) // a message that could not be sent: the worker is as good as dead
    this.ended = new Promise((resolve) => {
      const gone = () => {
        this.#alive = false
        resolve()
      }
      this.#child.once('exit', gone)
      if (this.#child.pid === undefined) gone()
    })
  }

  get alive(): boolean {
    return this.#alive
  }

  get jobsDone(): number {
    return this.#jobsDone
  }

  get stderr(): string {
    return this.#stderr.trim()
  }

  /** The worker's answer, or null when it died first; an abort of `signal` kills it. `onNote` hears what it says before. */
  async run(job: unknown, signal: AbortSignal, onNote: (note: unknown) => void = () => undefined): Promise<WorkerAnswer | null> {
    const kill = () => this.kill()
    if (signal.aborted) return null
    signal.addEventListener('abort', kill, { once: true })
    try {
      return await this.#answerTo({ job }, onNote)
    } finally {
      signal.removeEventListener('abort', kill)
      this.#jobsDone += 1
    }
  }

  async #answerTo(message: JobMessage, onNote: (note: unknown) => void): Promise<WorkerAnswer | null> {
    let onMessage: ((raw: unknown) => void) | undefined
    const answered = new Promise<WorkerAnswer>((resolve) => {
      onMessage = (raw) => {
        const note = NoteSchema.safeParse(raw)
        if (note.success) {
          onNote(note.data.note)
          return
        }
        const answer = AnswerSchema.safeParse(raw)
        resolve(answer.success ? answer.data : err(pluginError('bug', 'a worker answered nonsense')))
      }
      this.#child.on('message', onMessage)
    })
    try {
      if (this.#alive) this.#child.send(message)
      return await Promise.race([answered, this.ended.then(() => null)])
    } finally {
      if (onMessage !== undefined) this.#child.off('message', onMessage)
    }
  }

  /** SIGKILL to the worker and to all that it started. */
  kill(): void {
    const { pid } = this.#child
    if (!this.#alive || pid === undefined) return
    this.#alive = false
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
    } catch {
      this.#child.kill('SIGKILL') // the group is gone already
    }
  }
}

/** Sources run through tsx, which only a checkout has; a built worker needs no loader. */
function loaderFor(entry: URL): string[] {
  if (!entry.pathname.endsWith('.ts')) return []
  return ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
}
