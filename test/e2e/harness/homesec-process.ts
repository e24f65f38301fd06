import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { waitFor } from './wait-for.ts'

export const ROOT = join(import.meta.dirname, '..', '..', '..')
const MAIN = join(ROOT, 'dist', 'main.js')

/** Where it is about noon now: a budget of the day must not begin anew in the middle of a test. */
function zoneAtNoon(): string {
  const hoursAhead = 12 - new Date().getUTCHours()
  return `Etc/GMT${hoursAhead > 0 ? '-' : '+'}${Math.abs(hoursAhead)}` // the sign is the other way round in these names
}

/** What a program needs to run, and nothing of this machine's owner: a stray key here must not make a test pass or fail. */
const PLAIN_ENV = {
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
  TMPDIR: process.env['TMPDIR'] ?? '/tmp',
  TZ: zoneAtNoon(),
}

const alive = new Set<ChildProcess>()
process.once('exit', () => alive.forEach((child) => child.kill('SIGKILL')))

export interface LogLine {
  readonly event_type?: string
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The built program as its own process, with everything it says. */
export class HomesecProcess {
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = ROOT) {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...PLAIN_ENV, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    alive.add(child)
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (this.stdout += chunk))
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.stderr += chunk))
    this.ended = once(child, 'close').then(() => {
      alive.delete(child)
      return { code: child.exitCode, signal: child.signalCode }
    })
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error('the program could not be started')
    return pid
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** The lines of its JSON log; whatever else it prints there is left out. */
  get log(): LogLine[] {
    return this.stderr.split('\n').flatMap((line) => {
      try {
        return line.startsWith('{') ? [JSON.parse(line) as LogLine] : [] // our own format, read back
      } catch {
        return []
      }
    })
  }

  /** Resolves with the first line of that event. */
  logged(eventType: string, fits: (line: LogLine) => boolean = () => true, withinMs?: number): Promise<LogLine> {
    const look = () => {
      const line = this.log.find((each) => each.event_type === eventType && fits(each))
      if (line === undefined && !this.isRunning) throw new Error(`the program ended before it logged ${eventType}:\n${this.stderr}`)
      return line
    }
    return waitFor(`the log line ${eventType}`, look, withinMs)
  }
}

/** Runs a command of the program to its end. */
export async function homesec(
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<Ended & { readonly stdout: string; readonly stderr: string }> {
  const run = new HomesecProcess(args, options.env, options.cwd)
  const ended = await run.ended
  return { ...ended, stdout: run.stdout, stderr: run.stderr }
}
