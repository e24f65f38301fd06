/**
 * A process that stores one file and tells how much memory that took at its height. Arguments: the module of a storage plugin and
 * its export, its config as JSON, its secrets as JSON, the file. Prints one line of JSON. Wants --expose-gc.
 */
import { memoryUsage } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Plugin } from '../contracts/plugin.ts'
import { testHost } from './plugin-host.ts'

const [module = '', name = '', config = '{}', env = '{}', file = ''] = process.argv.slice(2)
const signal = new AbortController().signal
const exported = (await import(module)) as Record<string, Plugin<'storage'>>
const loaded = await exported[name]!.load(JSON.parse(config), testHost({ env: JSON.parse(env) as Record<string, string> }))
if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
await using storage = loaded.value

// Code and connections are there before the count begins.
const warm = await storage.putBytes(Buffer.alloc(1000), 'warm.bin', signal)
if (!warm.ok) throw new Error(warm.error.message)
globalThis.gc?.()
const before = memoryUsage.rss()
let highest = before
let finished = false
const watch = async () => {
  while (!finished) {
    highest = Math.max(highest, memoryUsage.rss())
    await sleep(10)
  }
}
const watching = watch()
const put = await storage.put(file, 'big.bin', signal)
finished = true
await watching
console.log(JSON.stringify({ ok: put.ok, growth_bytes: highest - before, error: put.ok ? null : put.error.message }))
