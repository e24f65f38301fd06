import { request as httpRequest } from 'node:http'
import { expect, test } from 'vitest'
import { MediaTokenBodySchema } from '../contracts/api/clips.ts'
import { ProblemSchema } from '../contracts/api/problem.ts'
import { API_KEY, aStoredClip, ApiWorld, runApi } from '../testkit/api-fixture.ts'
import { isLoopback } from '../lib/loopback.ts'
import { decideAccess, proofOfKey, type AccessFacts } from './access.ts'
import { createMediaTokens } from './media-token.ts'

const ID = 'front_door_1767225600.mp4'
const codeOfProblem = async (response: Response) => ProblemSchema.parse(await response.json()).code

const facts = (changes: Partial<AccessFacts>): AccessFacts => ({
  access: 'key',
  authEnabled: true,
  keyConfigured: true,
  key: 'absent',
  token: 'absent',
  ...changes,
})

test.each<[Partial<AccessFacts>, ReturnType<typeof decideAccess>]>([
  [{ access: 'open' }, null],
  [{ access: 'open', keyConfigured: false }, null],
  [{ authEnabled: false, keyConfigured: false }, null],
  [{ keyConfigured: false, key: 'wrong' }, 'API_KEY_NOT_CONFIGURED'],
  [{ key: 'absent' }, 'UNAUTHORIZED'],
  [{ key: 'wrong' }, 'UNAUTHORIZED'],
  [{ key: 'right' }, null],
  [{ key: 'absent', token: 'right' }, 'UNAUTHORIZED'],
  [{ access: 'media', key: 'right', token: 'wrong' }, null],
  [{ access: 'media', token: 'right' }, null],
  [{ access: 'media', token: 'wrong' }, 'MEDIA_TOKEN_REJECTED'],
  [{ access: 'media' }, 'MEDIA_TOKEN_REJECTED'],
  [{ access: 'media', key: 'wrong' }, 'UNAUTHORIZED'],
])('%o is answered with %s', (changes, expected) => {
  expect(decideAccess(facts(changes))).toBe(expected)
})

test.each([
  [{}, 'absent'],
  [{ authorization: `Bearer ${API_KEY}` }, 'right'],
  [{ authorization: `bearer  ${API_KEY}` }, 'right'],
  [{ 'x-api-key': API_KEY }, 'right'],
  [{ authorization: 'Bearer nope', 'x-api-key': API_KEY }, 'right'],
  [{ authorization: `Basic ${API_KEY}` }, 'wrong'],
  [{ authorization: API_KEY }, 'wrong'],
  [{ 'x-api-key': `${API_KEY}x` }, 'wrong'],
  [{ 'x-api-key': '' }, 'absent'],
] as const)('headers %o prove: %s', (headers, expected) => {
  expect(proofOfKey(headers, API_KEY)).toBe(expected)
})

test('an empty key on the server is proved by nothing', () => {
  expect(proofOfKey({ 'x-api-key': 'x' }, '')).toBe('wrong')
  expect(proofOfKey({ 'x-api-key': 'x' }, null)).toBe('wrong')
})

test('every registered route but the two health routes is closed without the key', async () => {
  const world = new ApiWorld()
  world.add(aStoredClip())
  await using api = await runApi({}, world)
  expect(api.server.routes.length).toBeGreaterThan(15)
  const open = api.server.routes.filter(({ access }) => access === 'open').map(({ url }) => url)
  expect([...new Set(open)]).toEqual(['/health', '/api/v1/health'])

  for (const { method, url, access } of api.server.routes) {
    const path = url.replace(':id', ID)
    const status = async (headers: Record<string, string>) => {
      const abort = new AbortController()
      const response = await api.fetch(path, { method, headers, signal: abort.signal })
      abort.abort()
      return response.status
    }
    const closed = access === 'open' ? 200 : 401
    expect([method, url, await status({})]).toEqual([method, url, closed])
    expect([method, url, await status({ 'x-api-key': 'wrong' })]).toEqual([method, url, closed])
    expect([method, url, await status({ 'x-api-key': API_KEY })]).not.toEqual([method, url, 401])
  }
})

test.each([
  '/nothing',
  '/api/v1/nothing',
  '/api/v1/clips/',
  '/%2e%2e/etc/passwd',
  '/api/v1/../../etc/passwd',
  '/documentation',
  '//api/v1/clips',
])('the unknown path %s asks for the key first and is 404 then', async (path) => {
  await using api = await runApi()
  expect((await api.fetch(path, { headers: {} })).status).toBe(401)
  expect((await api.fetch(path)).status).toBe(404)
})

test('with authentication on and no key on the server, everything but health answers that', async () => {
  await using api = await runApi({ auth: { enabled: true, apiKey: null } })
  const response = await api.fetch('/api/v1/clips')
  expect([response.status, await codeOfProblem(response)]).toEqual([500, 'API_KEY_NOT_CONFIGURED'])
  expect((await api.fetch('/health')).status).toBe(200)
})

test('without authentication everything answers, but only under a name of this machine', async () => {
  await using api = await runApi({ auth: { enabled: false, apiKey: null } })
  expect((await api.fetch('/api/v1/cameras', { headers: {} })).status).toBe(200)
  const rebound = await statusWithHost(`${api.server.url}/api/v1/cameras`, 'evil.example:80')
  expect(rebound).toBe(403)
})

function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { headers: { host }, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['::1', true],
  ['[::1]', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.2', false],
  ['localhost.evil.example', false],
  ['', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})

test('a media link opens its own clip and scope, until it expires, and mints nothing', async () => {
  const world = new ApiWorld()
  const clip = world.add(aStoredClip({ size_bytes: 4, thumbnail_uri: 'memory:thumb' }))
  world.add(aStoredClip({ clip_id: 'front_door_2.mp4' }))
  world.objects.set(clip.storage_uri ?? '', new Uint8Array(4)).set('memory:thumb', new Uint8Array(2))
  await using api = await runApi({}, world)
  const anonymous = (path: string, method = 'GET') => api.fetch(path, { headers: {}, method })

  const minted = MediaTokenBodySchema.parse(await (await api.fetch(`/api/v1/clips/${ID}/media-token`, { method: 'POST' })).json())
  const media = minted.media_url
  const query = media.slice(media.indexOf('?'))
  expect((await anonymous(media)).status).toBe(200)
  expect((await anonymous(minted.thumbnail_url)).status).toBe(200)

  const rejected = [
    media.replace('/media?', '/thumbnail?'),
    `/api/v1/clips/front_door_2.mp4/media${query}`,
    media.replace('token=v1.', 'token=v2.'),
    media.replace(/\.(\d+)\./, (_all, expires: string) => `.${Number(expires) + 1}.`),
    `${media}x`,
    `/api/v1/clips/${ID}/media?token=`,
    `/api/v1/clips/${ID}/media?token=v1.9999999999.`,
    `/api/v1/clips/${ID}/media`,
  ]
  for (const path of rejected) {
    const response = await anonymous(path)
    expect([path, response.status, await codeOfProblem(response)]).toEqual([path, 401, 'MEDIA_TOKEN_REJECTED'])
  }
  expect((await anonymous(`/api/v1/clips/${ID}/media-token${query}`, 'POST')).status).toBe(401)
  expect((await anonymous(`/api/v1/clips/${ID}${query}`)).status).toBe(401)

  await world.clock.advance(3_601_000)
  expect((await anonymous(media)).status).toBe(401)
})

test('a new API key ends all media links', () => {
  const clock = { now: () => new Date(0) }
  const { token } = createMediaTokens('old', clock).mint(ID, 'media')
  expect(createMediaTokens('old', clock).verify(token, ID, 'media')).toBe(true)
  expect(createMediaTokens('new', clock).verify(token, ID, 'media')).toBe(false)
})

test('neither keys nor tokens are logged, wherever they are put', async () => {
  await using api = await runApi()
  for (const path of [`/api/v1/clips/${ID}/media?token=CANARY`, '/api/v1/clips?api_key=CANARY', '/CANARY', '/api/v1/clips/CAN%41RY']) {
    await api.fetch(path)
    await api.fetch(path, { headers: { authorization: 'Bearer CANARY' } })
  }
  const logged = JSON.stringify(api.world.log.lines)
  expect(logged).toContain('http_request')
  expect(logged).not.toMatch(/CANARY|CAN%41RY/)
  expect(logged).not.toContain(API_KEY)
})

test('without origins no page elsewhere may read, and a preflight is refused', async () => {
  await using api = await runApi()
  const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' }
  const preflight = await api.fetch('/api/v1/clips', { method: 'OPTIONS', headers })
  expect(preflight.status).toBe(401)
  expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
})

test.each([
  [['https://home.example'], 'https://home.example', 'https://home.example', 'true'],
  [['https://home.example'], 'https://evil.example', null, null],
  [['*'], 'https://any.example', '*', null],
])('with origins %o a page of %s is given %s, credentials %s', async (corsOrigins, origin, allowed, credentials) => {
  await using api = await runApi({ corsOrigins })
  const response = await api.fetch('/api/v1/cameras', { headers: { origin, 'x-api-key': API_KEY } })
  expect(response.status).toBe(200)
  expect(response.headers.get('access-control-allow-origin')).toBe(allowed)
  expect(response.headers.get('access-control-allow-credentials')).toBe(credentials)
})

test('a preflight of a known origin is answered without the key', async () => {
  await using api = await runApi({ corsOrigins: ['https://home.example'] })
  const headers = { origin: 'https://home.example', 'access-control-request-method': 'DELETE' }
  const preflight = await api.fetch(`/api/v1/clips/${ID}`, { method: 'OPTIONS', headers })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-methods')).toContain('DELETE')
  expect((await api.fetch(`/api/v1/clips/${ID}`, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } })).status).toBe(401)
})

test('every answer forbids sniffing, framing, referring and, for JSON, caching', async () => {
  await using api = await runApi()
  for (const path of ['/health', '/api/v1/clips', '/nothing', `/api/v1/clips/${'x'.repeat(500)}`, '/api/v1/clips?limit=0', '/%zz']) {
    const { headers } = await api.fetch(path)
    expect([path, headers.get('x-content-type-options'), headers.get('referrer-policy'), headers.get('cache-control')]).toEqual([
      path,
      'nosniff',
      'no-referrer',
      'no-store',
    ])
  }
})
