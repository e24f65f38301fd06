/**
 * A process with one notifier, to be killed by a test. Arguments: the plugin's module and export, its config as JSON, its state
 * folder, its secrets as JSON. Each clip id on standard input is sent as an alert; each outcome is a line on standard output.
 */
import { createInterface } from 'node:readline'
import type { Plugin } from '../contracts/plugin.ts'
import { anAlert } from './builders.ts'
import { built, testHost } from './plugin-host.ts'

const [module = '', name = '', config = '{}', state = '', env = '{}'] = process.argv.slice(2)
const exported = (await import(module)) as Record<string, Plugin<'notifier'>>
const host = testHost({ dirs: { data: state, state }, env: JSON.parse(env) as Record<string, string> })
const notifier = await built(exported[name]!, JSON.parse(config), host)
const signal = new AbortController().signal
console.log('ready')

for await (const line of createInterface({ input: process.stdin })) {
  const result =
    line === 'ping'
      ? await notifier.ping(signal)
      : await notifier.send(anAlert({ clip_id: line }), { thumbnail: null, replaces: null }, signal)
  console.log(JSON.stringify({ line, ok: result.ok }))
}
await notifier[Symbol.asyncDispose]()
