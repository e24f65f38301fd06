import { setTimeout as delay } from 'node:timers/promises'

const FIRST_POLL_MS = 20
const MOST_POLL_MS = 200

/** Polls until `look` finds something (neither null, undefined nor false), and returns that. Says at the end what it waited for. */
export async function waitFor<T>(
  what: string | (() => string),
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  withinMs = 120_000,
): Promise<T> {
  const until = performance.now() + withinMs
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.2, MOST_POLL_MS)) {
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    if (performance.now() > until) throw new Error(`waited ${withinMs / 1000} s in vain for ${typeof what === 'string' ? what : what()}`)
    await delay(pollMs)
  }
}
