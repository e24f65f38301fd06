import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selfSigned, type Certificate } from '../../../testkit/certificate.ts'
import { DAV_PASSWORD, DAV_USER, NO_NGINX, startNginx, type DavServer } from '../../../testkit/dav-servers.ts'
import { freePort } from '../../../testkit/free-port.ts'
import { built, testHost } from '../../../testkit/plugin-host.ts'
import { webdavStorage } from './plugin.ts'

const live = new AbortController().signal

describe.skipIf(NO_NGINX !== null)(`webdav and where it is sent${NO_NGINX === null ? '' : ` (skipped: ${NO_NGINX})`}`, () => {
  let certificate: Certificate
  let server: DavServer
  beforeAll(async () => {
    certificate = selfSigned()
    server = await startNginx({ tls: certificate })
  })
  afterAll(() => server[Symbol.asyncDispose]())

  async function ping(config: object) {
    const env = { USER: DAV_USER, PASSWORD: DAV_PASSWORD }
    const login = { username_env: 'USER', password_env: 'PASSWORD' }
    await using storage = await built(webdavStorage, { url: server.url, ...login, ...config }, testHost({ env }))
    return await storage.ping(live)
  }
  const failure = (kind: string, ...words: string[]) => ({
    ok: false,
    error: { kind, message: expect.stringMatching(new RegExp(words.join('.*'))) as string },
  })

  test('a certificate that nobody vouches for is rejected, and the way out is named', async () => {
    expect(await ping({})).toMatchObject(failure('rejected', '`ca_file`'))
  })

  test('it is taken when the config vouches for it, or waives the check', async () => {
    expect(await ping({ ca_file: certificate.cert })).toMatchObject({ ok: true })
    expect(await ping({ verify_tls: false })).toMatchObject({ ok: true })
  })

  test('a ca_file that cannot be read is rejected', async () => {
    expect(await ping({ ca_file: dirname(certificate.cert) })).toMatchObject(failure('rejected', '`ca_file`'))
  })

  test('http to a port that speaks TLS is refused with words about the address', async () => {
    expect(await ping({ url: server.url.replace('https', 'http') })).toMatchObject(failure('invalid', 'https'))
  })

  test('https to a port that does not speak TLS', async () => {
    await using plain = await startNginx()
    expect(await ping({ url: plain.url.replace('http', 'https') })).toMatchObject(failure('invalid', 'TLS', '`url`'))
  })

  test('a port where nothing listens', async () => {
    expect(await ping({ url: `http://127.0.0.1:${await freePort()}/` })).toMatchObject(failure('unavailable', 'port in `url`'))
  })

  test('a host that does not exist', async () => {
    expect(await ping({ url: 'https://nobody.invalid/' })).toMatchObject(failure('unavailable', '`url`'))
  })

  test('a login that is not set', async () => {
    expect(await ping({ username_env: 'UNSET' })).toMatchObject(failure('rejected', 'UNSET'))
  })
})
