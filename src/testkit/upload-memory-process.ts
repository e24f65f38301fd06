/**
 * A process that stores one file and tells how much memory that took at its height. Arguments: the module of a storage plugin and
 * its export, its config as JSON, its secrets as JSON, the file. Prints one line of JSON.
 */
import { hrtime, memoryUsage, resourceUsage } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Plugin } from '../contracts/plugin.ts'
import { testHost } from './plugin-host.ts'

const [module = '', name = '', config = '{}', env = '{}', file = ''] = process.argv.slice(2)
const signal = new AbortController().signal
const exported = (await import(module)) as Record<string, Plugin<'storage'>>
const loaded = await exported[name]!.load(JSON.parse(config), testHost({ env: JSON.parse(env) as Record<string, string> }))
if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
await using storage = loaded.value

// Code and connections are there before the count begins; all buffers, and their garbage, come after it.
const warm = await storage.putBytes(Buffer.alloc(1000), 'warm.bin', signal)
if (!warm.ok) throw new Error(warm.error.message)
collectGarbage()
const before = memoryUsage.rss()
const markBefore = highWaterMark()
let highest = before
let finished = false
const watch = async () => {
  while (!finished) {
    highest = Math.max(highest, memoryUsage.rss())
    await sleep(10)
  }
}
const watching = watch()
const startedNs = hrtime.bigint()
const put = await storage.put(file, 'big.bin', signal)
const seconds = Number(hrtime.bigint() - startedNs) / 1e9
finished = true
await watching
// The system misses no peak between two looks; but it remembers those of the start too.
if (highWaterMark() > markBefore) highest = Math.max(highest, highWaterMark())
console.log(JSON.stringify({ growth_bytes: highest - before, seconds, error: put.ok ? null : put.error.message }))

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc()')
  setFlagsFromString('--no-expose-gc')
}

function highWaterMark(): number {
  return resourceUsage().maxRSS * 1024
}
