import { spawn, type ChildProcess } from 'node:child_process'
import { Readable } from 'node:stream'
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

/** Starts a program without a shell and without standard input. It is killed when `signal` aborts. */
export function startChild(command: string, args: readonly string[], signal: AbortSignal): StartedChild {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], env: childEnvironment() })
  const kill = () => void child.kill('SIGKILL')
  const ended = untilEnded(command, child, signal)
  if (signal.aborted) kill()
  else signal.addEventListener('abort', kill, { once: true })
  void ended.then(() => signal.removeEventListener('abort', kill))
  return { stdout: pipeOf(child, 1), extra: pipeOf(child, 3), ended, kill }
}

function untilEnded(command: string, child: ChildProcess, signal: AbortSignal): Promise<Result<ChildExit, PluginError>> {
  let stderr = ''
  pipeOf(child, 2)
    .setEncoding('utf8')
    .on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_TAIL_CHARS)
    })
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      if (child.pid === undefined) resolve(err(spawnError(command, cause)))
    })
    child.once('close', (exitCode) => {
      resolve(signal.aborted ? err(pluginError('cancelled', `${command} was stopped`)) : ok({ exitCode, stderr: redact(stderr).trim() }))
    })
  })
}

function pipeOf(child: ChildProcess, descriptor: 1 | 2 | 3): Readable {
  const pipe = child.stdio[descriptor]
  if (!(pipe instanceof Readable)) throw new Error(`descriptor ${descriptor} is no pipe`)
  return pipe
}

function spawnError(command: string, cause: Error): PluginError {
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
  options: { readonly signal: AbortSignal; readonly maxStdoutBytes: number },
): Promise<Result<ChildOutput, PluginError>> {
  const child = startChild(command, args, options.signal)
  const stdout = collect(child.stdout, options.maxStdoutBytes, child.kill)
  const extra = collect(child.extra, options.maxStdoutBytes, child.kill)
  const ended = await child.ended
  if (!ended.ok) return ended
  if (stdout.overflowed() || extra.overflowed()) {
    return err(pluginError('invalid', `${command} printed more than ${options.maxStdoutBytes} bytes`))
  }
  if (ended.value.exitCode === null) return err(pluginError('unavailable', `${command} was killed`))
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
