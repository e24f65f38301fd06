/**
 * A process that uploads a file, for its memory to be measured. Arguments: the endpoints as JSON, and the file. Prints by how many bytes
 * its memory had grown at most.
 */
import { dropboxPlugin } from '../../plugins/storage/dropbox/plugin.ts'
import { PART_BYTES } from '../../plugins/storage/dropbox/session-policy.ts'
import { testHost } from '../plugin-host.ts'

const [endpoints = '', file = ''] = process.argv.slice(2)
const { api, content } = JSON.parse(endpoints) as { readonly api: string; readonly content: string }
const config = { refresh_token_env: 'REFRESH', app_key_env: 'KEY', app_secret_env: 'SECRET' }
const env = { REFRESH: 'refresh-token-1', KEY: 'app-key-1', SECRET: 'app-secret-1' }
const loaded = await dropboxPlugin({ api, content }, PART_BYTES).load(config, testHost({ env }))
if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))

const before = process.memoryUsage.rss()
const stored = await loaded.value.put(file, 'clips/front/front_1.mp4', new AbortController().signal)
if (!stored.ok) throw new Error(stored.error.message)
// The system's own high-water mark: no peak between two looks is missed.
console.log(process.resourceUsage().maxRSS * 1024 - before)
await loaded.value[Symbol.asyncDispose]()
