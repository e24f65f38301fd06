/**
 * A process that stores one file and tells how much its memory grew. Arguments: the plugin's module and export, its config as
 * JSON, its secrets as JSON, the file, the key. Prints one line of JSON.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Plugin } from '../contracts/plugin.ts'
import { testHost } from './plugin-host.ts'

const [module = '', name = '', config = '{}', env = '{}', file = '', key = ''] = process.argv.slice(2)
const exported = (await import(module)) as Record<string, Plugin<'storage'>>
const loaded = await exported[name]!.load(JSON.parse(config), testHost({ env: JSON.parse(env) as Record<string, string> }))
if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
const signal = new AbortController().signal
const storage = loaded.value

// What the first connection costs in code and caches is no growth.
const warmed = await storage.putBytes(new Uint8Array(1_000_000), `${key}-warm`, signal)
if (!warmed.ok) throw new Error(warmed.error.message)
globalThis.gc?.()
const before = process.memoryUsage().rss
let peak = before
const done = new AbortController()
const watching = (async () => {
  while (!done.signal.aborted) {
    peak = Math.max(peak, process.memoryUsage().rss)
    await sleep(5)
  }
})()
const stored = await storage.put(file, key, signal)
done.abort()
await watching
console.log(JSON.stringify({ ok: stored.ok, message: stored.ok ? '' : stored.error.message, grown_bytes: peak - before }))
await storage[Symbol.asyncDispose]()
