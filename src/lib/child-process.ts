import { spawn, type ChildProcess } from 'node:child_process'
import { Readable, type Writable } from 'node:stream'
import { codeOf, messageOf, pluginError, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { childEnvironment } from './child-environment.ts'
import { createRedactor } from './redact.ts'

/** Only shapes of credentials: a child of ours is never given the secrets themselves. */
const redact = createRedactor([])
const STDERR_TAIL_CHARS = 4000
const INSTALL_HINTS: Readonly<Record<string, string>> = { ffmpeg: 'apt install ffmpeg', ffprobe: 'apt install ffmpeg' }

/** How a child ended: its exit code, or null when a signal ended it. `stderr` is the redacted end of what it said. */
export interface ChildExit {
  readonly exitCode: number | null
  readonly signalName: string | null
  readonly stderr: string
}

export interface StartedChild {
  /** File descriptors 1 and 3 of the child. */
  readonly stdout: Readable
  readonly extra: Readable
  /** Settles when the child has ended and its pipes are closed. Never rejects. `cancelled` if the signal killed it. */
  readonly ended: Promise<Result<ChildExit, PluginError>>
  /** SIGKILL; harmless when it has ended already. */
  readonly kill: () => void
}

export interface ChildOptions {
  /** Folder it runs in. Default: ours. */
  readonly cwd?: string
  /** Hears what it says on standard error, as it says it: raw, so it may hold secrets. */
  readonly onStderr?: (text: string) => void
}

/** Starts a program without a shell and without standard input. It is killed when `signal` aborts. */
export function startChild(command: string, args: readonly string[], signal: AbortSignal, options: ChildOptions = {}): StartedChild {
  return supervised(command, args, signal, { ...options, stdin: 'ignore', pipes: 1 })
}

/** A child of which there is more to hold than of others: it is fed, or writes to several pipes, or is asked to end politely. */
export interface PipedChild extends StartedChild {
  /** Null unless asked for. A child that ended drops what is written. */
  readonly stdin: Writable | null
  /** File descriptors 3, 4, … */
  readonly pipes: readonly Readable[]
  /** SIGTERM: ffmpeg then finishes its files. */
  readonly terminate: () => void
  /** Null when it could not be started. */
  readonly pid: number | null
}

/** The same with as many pipes as asked for. */
export function startPipedChild(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
  options: ChildOptions & { readonly stdin: 'ignore' | 'pipe'; readonly pipes: number },
): PipedChild {
  return supervised(command, args, signal, options)
}

function supervised(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
  { cwd, onStderr, stdin, pipes }: ChildOptions & { readonly stdin: 'ignore' | 'pipe'; readonly pipes: number },
): PipedChild {
  const stdio: ('ignore' | 'pipe')[] = [stdin, 'pipe', 'pipe', ...Array<'pipe'>(pipes).fill('pipe')]
  let child: ChildProcess
  try {
    child = spawn(command, args, { stdio, env: childEnvironment(), ...(cwd === undefined ? {} : { cwd }) })
  } catch (cause) {
    // No memory, or arguments that are too long: thrown at once, unlike all else.
    return unborn(err(spawnError(command, cause)), pipes)
  }
  const kill = () => void child.kill('SIGKILL')
  const ended = untilEnded(command, child, signal, onStderr)
  if (signal.aborted) kill()
  else signal.addEventListener('abort', kill, { once: true })
  void ended.then(() => signal.removeEventListener('abort', kill))
  child.stdin?.on('error', () => undefined) // it ended before it read everything; `ended` says how
  const extras = Array.from({ length: pipes }, (_, index) => pipeOf(child, 3 + index))
  const [extra = Readable.from([])] = extras
  return {
    stdin: child.stdin,
    stdout: pipeOf(child, 1),
    extra,
    pipes: extras,
    ended,
    kill,
    terminate: () => void child.kill('SIGTERM'),
    pid: child.pid ?? null,
  }
}

function unborn(ended: Result<ChildExit, PluginError>, pipes: number): PipedChild {
  const nothing = () => Readable.from([])
  const extras = Array.from({ length: pipes }, nothing)
  const idle = () => undefined
  return {
    stdin: null,
    stdout: nothing(),
    extra: extras[0] ?? nothing(),
    pipes: extras,
    ended: Promise.resolve(ended),
    kill: idle,
    terminate: idle,
    pid: null,
  }
}

function untilEnded(
  command: string,
  child: ChildProcess,
  signal: AbortSignal,
  onStderr: ((text: string) => void) | undefined,
): Promise<Result<ChildExit, PluginError>> {
  let stderr = ''
  pipeOf(child, 2)
    .setEncoding('utf8')
    .on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_TAIL_CHARS)
      onStderr?.(text)
    })
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      if (child.pid === undefined) resolve(err(spawnError(command, cause)))
    })
    child.once('close', (exitCode, signalName) => {
      resolve(
        signal.aborted
          ? err(pluginError('cancelled', `${command} was stopped`))
          : ok({ exitCode, signalName, stderr: redact(stderr).trim() }),
      )
    })
  })
}

function pipeOf(child: ChildProcess, descriptor: number): Readable {
  const pipe: unknown = Array.from<unknown>(child.stdio)[descriptor]
  // A child that could not be started, for want of descriptors, has none.
  return pipe instanceof Readable ? pipe : Readable.from([])
}

function spawnError(command: string, cause: unknown): PluginError {
  if (codeOf(cause) !== 'ENOENT') return pluginError('unavailable', `${command} did not start: ${messageOf(cause)}`, cause)
  const hint = INSTALL_HINTS[command]
  return pluginError('unavailable', `${command} is not installed${hint === undefined ? '' : `: ${hint}`}`, cause)
}

export interface ChildOutput extends ChildExit {
  readonly stdout: Buffer
  /** What the child wrote to file descriptor 3. */
  readonly extra: Buffer
}

/**
 * Runs a program to its end and collects its output. A non-zero exit code is not an error here: what it means is the caller's to say.
 * @returns `unavailable` when it is not installed or something outside killed it, `invalid` when it prints more than `maxStdoutBytes`
 *   (it is killed then), `cancelled` when `signal` aborts (it is killed then, and has ended when this resolves).
 */
export async function runChild(
  command: string,
  args: readonly string[],
  options: { readonly signal: AbortSignal; readonly maxStdoutBytes: number; readonly cwd?: string },
): Promise<Result<ChildOutput, PluginError>> {
  const child = startChild(command, args, options.signal, options.cwd === undefined ? {} : { cwd: options.cwd })
  const stdout = collect(child.stdout, options.maxStdoutBytes, child.kill)
  const extra = collect(child.extra, options.maxStdoutBytes, child.kill)
  const ended = await child.ended
  if (!ended.ok) return ended
  if (stdout.overflowed() || extra.overflowed()) {
    return err(pluginError('invalid', `${command} printed more than ${options.maxStdoutBytes} bytes`))
  }
  if (ended.value.exitCode === null)
    return err(pluginError('unavailable', `${command} was killed (${ended.value.signalName ?? 'no signal'})`))
  return ok({ ...ended.value, stdout: stdout.bytes(), extra: extra.bytes() })
}

function collect(stream: Readable, maxBytes: number, onOverflow: () => void): { bytes: () => Buffer; overflowed: () => boolean } {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('error', onOverflow)
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= maxBytes) chunks.push(chunk)
    else onOverflow()
  })
  return { bytes: () => Buffer.concat(chunks), overflowed: () => size > maxBytes }
}
