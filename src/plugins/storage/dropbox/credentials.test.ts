import { describe, expect, test } from 'vitest'
import { aDropbox, aFile, REFRESHING } from '../../../testkit/dropbox-fixture.ts'
import { ALL_SCOPES } from '../../../testkit/dropbox/grants.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'

const live = new AbortController().signal
const bytes = Buffer.from('video')
const said = (words: string) => expect.stringContaining(words) as string
const failure = (kind: string, words: string) => ({ ok: false, error: { kind, message: said(words) } })
const RENEW = 'oauth2/token'

describe('a refresh token', () => {
  test('is asked once for all who wait, and again shortly before the access token expires', async () => {
    const clock = new FakeClock()
    await using dropbox = await aDropbox({ clock, host: { clock } })
    const put = (name: string) => dropbox.storage.putBytes(bytes, name, live)
    await Promise.all(['a', 'b', 'c'].map(put)).then((all) => expect(all.every(({ ok }) => ok)).toBe(true))
    expect(dropbox.server.grants.refreshes).toBe(1)
    await clock.advance(14_400_000 - 301_000)
    expect(await put('d')).toMatchObject({ ok: true })
    expect(dropbox.server.grants.refreshes).toBe(1)
    await clock.advance(2_000)
    expect(await put('e')).toMatchObject({ ok: true })
    expect(dropbox.server.grants.refreshes).toBe(2)
    expect(dropbox.server.requests.filter(({ status }) => status !== 200)).toEqual([])
  })

  test('replaces a token that expires in the middle of an upload, which goes on', async () => {
    await using dropbox = await aDropbox({ partBytes: 1000 })
    const { path } = await aFile(2500)
    const happens = () => dropbox.server.grants.expireAll()
    dropbox.server.fail('files/upload_session/append_v2', { do: 'meanwhile', happens })
    expect(await dropbox.storage.put(path, 'a.mp4', live)).toMatchObject({ ok: true })
    expect(dropbox.server.requests.map(({ status }) => status)).toEqual([200, 200, 401, 200, 200, 200])
  })

  test('that was revoked, or an app that is unknown, is for the owner to mend; a retry is of no use', async () => {
    await using revoked = await aDropbox()
    revoked.server.grants.refreshTokenRevoked = true
    expect(await revoked.storage.ping(live)).toMatchObject(failure('rejected', '`refresh_token_env`'))
    const env = { REFRESH: 'refresh-token-1', KEY: 'app-key-1', SECRET: 'canary-wrong-secret' }
    await using unknown = await aDropbox({ host: { env } })
    const ping = await unknown.storage.ping(live)
    expect(ping).toMatchObject(failure('rejected', '`app_secret_env`'))
    expect(JSON.stringify(ping)).not.toContain('canary')
  })

  test('works without a secret for an app that uses PKCE', async () => {
    const app = { appKey: 'app-key-1', appSecret: null, refreshToken: 'refresh-token-1' }
    await using dropbox = await aDropbox({ app, config: { refresh_token_env: 'REFRESH', app_key_env: 'KEY' } })
    expect(await dropbox.storage.putBytes(bytes, 'a', live)).toMatchObject({ ok: true })
    expect(dropbox.server.seen(RENEW)[0]?.argument).not.toHaveProperty('client_secret')
  })

  test('that cannot be exchanged just now is tried again later', async () => {
    await using dropbox = await aDropbox()
    const cut = { do: 'cut', when: 'in_body' } as const
    dropbox.server.fail(RENEW, { do: 'status', status: 503, retryAfter: '30' }, cut, cut)
    expect(await dropbox.storage.ping(live)).toMatchObject({ ok: false, error: { kind: 'unavailable', retryAfterMs: 30_000 } })
    expect(await dropbox.storage.ping(live)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    expect(await dropbox.storage.ping(live)).toMatchObject({ ok: true })
  })

  test('is not asked for ever when Dropbox refuses each token it gives', async () => {
    await using dropbox = await aDropbox()
    const happens = () => dropbox.server.grants.expireAll()
    dropbox.server.fail('files/upload', { do: 'meanwhile', happens }, { do: 'meanwhile', happens }, { do: 'meanwhile', happens })
    expect(await dropbox.storage.putBytes(bytes, 'a', live)).toMatchObject(failure('rejected', 'make a new refresh token'))
    expect(dropbox.server.grants.refreshes).toBe(2)
  })

  test('whoever stops waiting for it does not stop the others', async () => {
    await using dropbox = await aDropbox()
    const abort = new AbortController()
    const impatient = dropbox.storage.putBytes(bytes, 'a', abort.signal)
    const patient = dropbox.storage.putBytes(bytes, 'b', live)
    abort.abort()
    expect(await impatient).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    expect(await patient).toMatchObject({ ok: true })
  })
})

describe('an access token', () => {
  const config = { root: '/homecam', token_env: 'DROPBOX_TOKEN' }

  test('is used as it is; once it has expired the owner hears what to do', async () => {
    const env: Record<string, string> = { DROPBOX_TOKEN: 'sl.u.access-token-1' }
    await using dropbox = await aDropbox({ config, host: { env } })
    expect(dropbox.server.grants.issue()).toBe(env['DROPBOX_TOKEN'])
    expect(await dropbox.storage.putBytes(bytes, 'a', live)).toMatchObject({ ok: true })
    dropbox.server.grants.expireAll()
    const expired = await dropbox.storage.putBytes(bytes, 'a', live)
    expect(expired).toMatchObject(failure('rejected', 'has expired; put a new one into DROPBOX_TOKEN, or use refresh_token_env'))
    expect(JSON.stringify(expired)).not.toContain('sl.u')
  })

  test.each(['sl.u.unknown', 'not-a-token'])('that is wrong from the start (%s) is told by the ping', async (token) => {
    await using dropbox = await aDropbox({ config, host: { env: { DROPBOX_TOKEN: token } } })
    expect(await dropbox.storage.ping(live)).toMatchObject(
      failure('rejected', 'does not accept the token; put a new one into DROPBOX_TOKEN'),
    )
  })
})

describe('a secret that is none', () => {
  const TOKEN = { token_env: 'TOKEN' }

  test.each([
    [TOKEN, { TOKEN: 'sl.u.canary\nsecond line' }, 'TOKEN holds no token'],
    [TOKEN, {}, 'TOKEN is not set'],
    [REFRESHING, { REFRESH: 'canary with blanks', KEY: 'app-key-1', SECRET: 'app-secret-1' }, 'REFRESH holds no token'],
    [REFRESHING, { REFRESH: 'refresh-token-1', SECRET: 'app-secret-1' }, 'KEY is not set'],
    [REFRESHING, { REFRESH: 'refresh-token-1', KEY: 'app-key-1', SECRET: 'canary\0' }, 'SECRET holds no token'],
  ])('keeps nothing from starting; each call names the variable: %j %j', async (config, env, words) => {
    await using dropbox = await aDropbox({ config, host: { env } })
    const outcomes = [await dropbox.storage.ping(live), await dropbox.storage.putBytes(bytes, 'a', live)]
    expect(outcomes).toMatchObject([failure('rejected', words), failure('rejected', words)])
    expect(JSON.stringify(outcomes)).not.toContain('canary')
    expect(dropbox.server.requests).toEqual([])
  })
})

describe('a ping', () => {
  test.each(ALL_SCOPES)('tells that the permission %s is missing', async (scope) => {
    await using dropbox = await aDropbox()
    dropbox.server.grants.scopes = ALL_SCOPES.filter((other) => other !== scope)
    expect(await dropbox.storage.ping(live)).toMatchObject(failure('rejected', `lacks the permission ${scope}`))
  })

  test.each([false, true])('tells that the account is full (of a team: %s)', async (isTeam) => {
    await using dropbox = await aDropbox()
    dropbox.server.account.isTeam = isTeam
    expect(await dropbox.storage.ping(live)).toMatchObject({ ok: true })
    dropbox.server.account.otherBytes = dropbox.server.account.allocatedBytes
    expect(await dropbox.storage.ping(live)).toMatchObject(failure('unavailable', 'is full: 2.0 of 2.0 GB'))
  })

  test('tells that the root is a file, or may not be written to', async () => {
    await using dropbox = await aDropbox()
    const { tree } = dropbox.server.account
    tree.addFolder('/homecam', true)
    expect(await dropbox.storage.ping(live)).toMatchObject(failure('rejected', 'read-only'))
    expect(await dropbox.storage.putBytes(bytes, 'a', live)).toMatchObject(failure('rejected', 'read-only'))
    tree.remove('/homecam')
    tree.write('/homecam', { bytes, size: 5, hash: '0'.repeat(64) })
    expect(await dropbox.storage.ping(live)).toMatchObject(failure('rejected', 'is a file'))
  })

  test.each(['/', '/homecam'])('leaves no file and no folder behind below %s', async (root) => {
    await using dropbox = await aDropbox({ config: { ...REFRESHING, root } })
    expect(await dropbox.storage.ping(live)).toMatchObject({ ok: true })
    expect(dropbox.server.account.tree.files).toEqual([])
    expect(dropbox.server.account.tree.find('/homecam')).toBeNull()
    expect(dropbox.server.account.sessions.all.every(({ closed, size }) => closed && size === 0)).toBe(true)
  })

  test('asks for everything at the start, after a failure and once an hour; in between only for login and room', async () => {
    const clock = new FakeClock()
    await using dropbox = await aDropbox({ clock, host: { clock } })
    const routes = async () => {
      const before = dropbox.server.requests.length
      expect(await dropbox.storage.ping(live)).toMatchObject({ ok: true })
      return dropbox.server.requests
        .slice(before)
        .filter(({ route }) => route !== RENEW)
        .map(({ route }) => route)
    }
    const room = 'users/get_space_usage'
    const all = [room, 'files/get_metadata', 'files/upload_session/start', 'files/get_temporary_link']
    expect([await routes(), await routes()]).toEqual([all, [room]])
    await clock.advance(3_600_000)
    expect([await routes(), await routes()]).toEqual([all, [room]])
    dropbox.server.fail('files/upload', { do: 'status', status: 500 })
    expect(await dropbox.storage.putBytes(bytes, 'a', live)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    expect(await routes()).toEqual(all)
  })

  test('tells that nobody answers', async () => {
    const dropbox = await aDropbox()
    await dropbox.server[Symbol.asyncDispose]()
    expect(await dropbox.storage.ping(live)).toMatchObject(failure('unavailable', 'cannot be reached'))
    await dropbox.storage[Symbol.asyncDispose]()
  })
})

describe('too much at once', () => {
  test('writers in each other’s way wait as told and try again', async () => {
    const clock = new FakeClock()
    await using dropbox = await aDropbox({ clock, host: { clock } })
    dropbox.server.fail('files/upload', { do: 'rate_limit', reason: 'too_many_write_operations', retryAfterS: 1 })
    const putting = dropbox.storage.putBytes(bytes, 'a', live)
    await expect.poll(() => clock.sleepers).toBe(1)
    await clock.advance(990)
    expect(dropbox.server.seen('files/upload')).toHaveLength(1)
    await clock.advance(20)
    expect(await putting).toMatchObject({ ok: true })
  })

  test.each([
    ['too_many_requests', 300],
    ['too_many_write_operations', 60],
  ] as const)('%s for %i seconds is left to the core', async (reason, retryAfterS) => {
    await using dropbox = await aDropbox()
    dropbox.server.fail('files/upload', { do: 'rate_limit', reason, retryAfterS })
    const waiting = { ok: false, error: { kind: 'unavailable', retryAfterMs: retryAfterS * 1000 } }
    expect(await dropbox.storage.putBytes(bytes, 'a', live)).toMatchObject(waiting)
    expect(dropbox.server.seen('files/upload')).toHaveLength(1)
  })
})

test('no secret reaches a log or an error, whatever goes wrong', async () => {
  const log = memoryLogger()
  await using dropbox = await aDropbox({ host: { log } })
  const outcomes: unknown[] = []
  for (const status of [400, 401, 403, 409, 429, 500]) {
    dropbox.server.fail('files/upload', { do: 'status', status, text: 'sl.u.access-token-1 refresh-token-1 app-secret-1' })
    outcomes.push(await dropbox.storage.putBytes(bytes, 'a', live))
  }
  dropbox.server.fail('files/upload', { do: 'cut', when: 'in_body' }, { do: 'cut', when: 'in_body' })
  outcomes.push(await dropbox.storage.putBytes(bytes, 'a', live))
  expect(JSON.stringify([outcomes, log.lines])).not.toMatch(/access-token-|refresh-token-1|app-secret-1/)
})
