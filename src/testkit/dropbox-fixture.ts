import { randomBytes } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PluginHost } from '../contracts/plugin.ts'
import type { StorageBackend } from '../contracts/storage.ts'
import { dropboxPlugin } from '../plugins/storage/dropbox/plugin.ts'
import { PART_BYTES } from '../plugins/storage/dropbox/session-policy.ts'
import { DropboxServer, TEST_APP, type DropboxServerOptions } from './dropbox-server.ts'
import { built, testHost } from './plugin-host.ts'

/** Settings with a refresh token, as recommended. */
export const REFRESHING = { root: '/homecam', refresh_token_env: 'REFRESH', app_key_env: 'KEY', app_secret_env: 'SECRET' }
export const REFRESHING_ENV = { REFRESH: TEST_APP.refreshToken, KEY: TEST_APP.appKey, SECRET: TEST_APP.appSecret ?? '' }

export interface DropboxFixture extends AsyncDisposable {
  readonly server: DropboxServer
  readonly host: PluginHost
  readonly storage: StorageBackend
  /** The same storage in the next process: what was in memory is gone. */
  restarted(): Promise<StorageBackend>
}

export interface DropboxFixtureOptions extends DropboxServerOptions {
  readonly config?: object
  /** Default: as in the product. */
  readonly partBytes?: number
  readonly host?: Partial<PluginHost> & { readonly env?: Readonly<Record<string, string>> }
}

/** The plugin, with a Dropbox of its own. */
export async function aDropbox({ config, host, partBytes = PART_BYTES, ...options }: DropboxFixtureOptions = {}): Promise<DropboxFixture> {
  const server = await DropboxServer.start(options)
  const given = testHost({ env: REFRESHING_ENV, ...host })
  const opened: StorageBackend[] = []
  const open = async () => {
    const storage = await built(dropboxPlugin(server.endpoints, partBytes), config ?? REFRESHING, given)
    opened.push(storage)
    return storage
  }
  return {
    server,
    host: given,
    storage: await open(),
    restarted: open,
    async [Symbol.asyncDispose]() {
      for (const storage of opened) await storage[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

/** A file of that many bytes, no two parts of which are alike. */
export async function aFile(bytes: number): Promise<{ readonly path: string; readonly content: Buffer }> {
  const path = join(await mkdtemp(join(tmpdir(), 'homesec-clip-')), 'clip.mp4')
  const content = randomBytes(bytes)
  await writeFile(path, content)
  return { path, content }
}
