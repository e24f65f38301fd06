import { describe, beforeAll, afterAll } from 'vitest'
import { DAV_PASSWORD, DAV_USER, NO_APACHE, NO_NGINX, startApache, startNginx, type DavServer } from '../../../testkit/dav-servers.ts'
import { built, testHost } from '../../../testkit/plugin-host.ts'
import { storageContract } from '../../../testkit/storage-contract/index.ts'
import { webdavStorage } from './plugin.ts'

const LOGIN = { username_env: 'USER', password_env: 'PASSWORD' }
const env = { USER: DAV_USER, PASSWORD: DAV_PASSWORD }
const SERVERS = [
  ['Apache', NO_APACHE, startApache],
  ['nginx', NO_NGINX, startNginx],
] as const

async function open(config: object) {
  return built(webdavStorage, { ...LOGIN, ...config }, testHost({ env }))
}

describe.each(SERVERS)('%s', (name, absent, start) => {
  describe.skipIf(absent !== null)(absent ?? 'installed', () => {
    let server: DavServer
    let roots = 0
    beforeAll(async () => {
      server = await start()
    })
    afterAll(() => server[Symbol.asyncDispose]())

    storageContract(`webdav on ${name}`, () => {
      roots += 1
      return open({ url: server.url, root: `home sec/${roots}` })
    })
  })
})
