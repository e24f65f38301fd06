import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

export interface Question {
  readonly text: string
  /** What is typed is not shown. */
  readonly hidden: boolean
}

/** Whether there is somebody to ask. */
export function canPrompt(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY
}

/**
 * Asks on the terminal, one question after the other, on standard error: standard output is for results. An empty answer to a
 * question ends the conversation.
 * @returns what was typed, or null when it was ended.
 */
export async function prompt(questions: readonly Question[], signal: AbortSignal): Promise<string[] | null> {
  let hidden = false
  const echo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!hidden) process.stderr.write(chunk)
      done()
    },
  })
  // On a terminal, readline takes over the echo; what it would echo while a secret is typed goes nowhere.
  const lines = createInterface({ input: process.stdin, output: echo, terminal: true, historySize: 0 })
  const ended = new AbortController()
  const end = () => ended.abort()
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT')).on('close', end)
  signal.addEventListener('abort', end, { once: true })
  const answers: string[] = []
  try {
    for (const { text, hidden: secret } of questions) {
      process.stderr.write(text)
      hidden = secret
      const answer = await nextLine(lines, ended.signal)
      if (secret) process.stderr.write('\n')
      hidden = false
      if (answer === null || answer === '') return null
      answers.push(answer)
    }
    return answers
  } finally {
    signal.removeEventListener('abort', end)
    lines.close()
  }
}

function nextLine(lines: ReturnType<typeof createInterface>, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const end = () => resolve(null)
    if (signal.aborted) end()
    signal.addEventListener('abort', end, { once: true })
    lines.once('line', (line) => {
      signal.removeEventListener('abort', end)
      resolve(line)
    })
  })
}
