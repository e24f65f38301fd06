import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DropboxServer, TEST_APP } from './dropbox-server.ts'
import { Account } from './dropbox/account.ts'
import { contentHash } from './dropbox/hash.ts'
import { startSession, upload as uploadAtOnce } from './dropbox/upload-routes.ts'

const MiB = 1024 * 1024
let server: DropboxServer
beforeEach(async () => {
  server = await DropboxServer.start()
})
afterEach(() => server[Symbol.asyncDispose]())

interface Reply {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

async function call(url: string, headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer>): Promise<Reply> {
  const answer = await fetch(url, { method: 'POST', headers, body })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

const authorization = () => ({ authorization: `Bearer ${server.grants.issue()}` })
const rpc = (route: string, argument: unknown) =>
  call(`${server.endpoints.api}/2/${route}`, { ...authorization(), 'content-type': 'application/json' }, JSON.stringify(argument))
const upload = (route: string, argument: unknown, body: Uint8Array<ArrayBuffer> = new Uint8Array(), headers: Record<string, string> = {}) =>
  call(
    `${server.endpoints.content}/2/files/${route}`,
    { ...authorization(), 'content-type': 'application/octet-stream', 'dropbox-api-arg': JSON.stringify(argument), ...headers },
    body,
  )
const summary = ({ text }: Reply) => (JSON.parse(text) as { error_summary: string }).error_summary.replace(/[/.]+$/, '')
const sessionId = ({ text }: Reply) => (JSON.parse(text) as { session_id: string }).session_id
const bytes = (count: number) => new Uint8Array(count)

test('the content hash is that of the documentation: blocks of 4 MiB, hashed, and the hashes hashed', () => {
  const sha = (data: Uint8Array) => createHash('sha256').update(data).digest()
  expect(contentHash(Buffer.alloc(0))).toBe(sha(Buffer.alloc(0)).toString('hex'))
  const blocks = [sha(Buffer.alloc(4 * MiB, 7)), sha(Buffer.alloc(1, 7))]
  expect(contentHash(Buffer.alloc(4 * MiB + 1, 7))).toBe(sha(Buffer.concat(blocks)).toString('hex'))
})

describe('the format of requests', () => {
  test.each<[string, Record<string, string>, string]>([
    ['a type of its own', { 'content-type': 'video/mp4' }, 'Content-Type'],
    ['an argument that is not ASCII', { 'dropbox-api-arg': '{"path":"/\u00fc"}' }, 'must be ASCII'],
    ['an argument that is no JSON', { 'dropbox-api-arg': '{' }, 'decode'],
    ['a field that is unknown', { 'dropbox-api-arg': '{"path":"/a","colour":1}' }, 'request:'],
    ['a path that is relative', { 'dropbox-api-arg': '{"path":"a"}' }, 'did not match pattern'],
    ['a token that is none', { authorization: 'Bearer nonsense' }, 'malformed'],
  ])('%s is answered with 400, in prose', async (_what, headers, words) => {
    const reply = await upload('upload', { path: '/a' }, bytes(1), headers)
    expect(reply.status).toBe(400)
    expect(reply.text).toContain(words)
  })

  test('each half of the API knows its own routes only', async () => {
    expect((await call(`${server.endpoints.api}/2/files/upload`, authorization(), '')).status).toBe(404)
    expect((await call(`${server.endpoints.content}/2/files/get_metadata`, authorization(), '')).status).toBe(404)
  })
})

describe('files', () => {
  test('names differ by more than case, and are displayed as they were first written', async () => {
    expect((await upload('upload', { path: '/Cam/A.mp4' }, bytes(1))).status).toBe(200)
    const again = await upload('upload', { path: '/cam/a.mp4', mode: 'overwrite' }, bytes(2))
    expect(JSON.parse(again.text)).toMatchObject({ path_display: '/Cam/A.mp4', path_lower: '/cam/a.mp4', size: 2 })
    expect(summary(await upload('upload', { path: '/CAM/a.MP4', mode: 'add' }, bytes(3)))).toBe('path/conflict/file')
  })

  test.each([
    ['/a/', 'path/malformed_path'],
    ['/a//b', 'path/malformed_path'],
    ['/a/../b', 'path/malformed_path'],
    [`/${'x'.repeat(256)}`, 'path/malformed_path'],
    ['/b ', 'path/malformed_path'],
    ['/Desktop.ini', 'path/disallowed_name'],
    ['/file/below', 'path/conflict/file_ancestor'],
    ['/folder', 'path/conflict/folder'],
  ])('%s cannot be written: %s', async (path, expected) => {
    expect((await upload('upload', { path: '/file' })).status).toBe(200)
    server.account.tree.addFolder('/folder')
    expect(summary(await upload('upload', { path }))).toBe(expected)
  })

  test('a file that does not fit is not stored; one that replaces another needs only the difference', async () => {
    server.account.allocatedBytes = 10
    expect((await upload('upload', { path: '/a' }, bytes(8))).status).toBe(200)
    expect(summary(await upload('upload', { path: '/b' }, bytes(3)))).toBe('path/insufficient_space')
    expect((await upload('upload', { path: '/a', mode: 'overwrite' }, bytes(10))).status).toBe(200)
  })

  test('a revision protects what is deleted', async () => {
    const { rev } = JSON.parse((await upload('upload', { path: '/a' }, bytes(1))).text) as { rev: string }
    await upload('upload', { path: '/a', mode: 'overwrite' }, bytes(2))
    expect(summary(await rpc('files/delete_v2', { path: '/a', parent_rev: rev }))).toBe('path_write/conflict/file')
    expect((await rpc('files/delete_v2', { path: '/a' })).status).toBe(200)
    expect(summary(await rpc('files/delete_v2', { path: '/a' }))).toBe('path_lookup/not_found')
  })

  test.each([
    ['bytes=2-3', 206, 'cd', 'bytes 2-3/5'],
    ['bytes=3-', 206, 'de', 'bytes 3-4/5'],
    ['bytes=5-9', 416, '', 'bytes */5'],
  ])('a download of %s is answered with %i', async (range, status, text, contentRange) => {
    await upload('upload', { path: '/a' }, new Uint8Array(Buffer.from('abcde')))
    const reply = await fetch(`${server.endpoints.content}/2/files/download`, {
      method: 'POST',
      headers: { ...authorization(), 'dropbox-api-arg': '{"path":"/a"}', range },
    })
    expect([reply.status, await reply.text(), reply.headers.get('content-range')]).toEqual([status, text, contentRange])
  })
})

describe('limits', () => {
  test.each([uploadAtOnce, startSession])('one request carries 150 MB, whether it is a file or a part', (serve) => {
    const send = (size: number, argument: unknown) =>
      serve(new Account(() => 0, false), { route: 'files/upload', argument, body: Buffer.alloc(size), range: null })
    const argument = serve === startSession ? {} : { path: '/a' }
    expect(send(150 * MiB + 1, argument)).toMatchObject({ status: 409, body: expect.stringContaining('payload_too_large') as string })
  })

  test('a hash that does not fit is refused before anything is stored', async () => {
    const argument = { path: '/a', content_hash: '0'.repeat(64) }
    expect(summary(await upload('upload', argument, bytes(1)))).toBe('content_hash_mismatch')
    expect(server.account.tree.files).toEqual([])
  })
})

describe('upload sessions', () => {
  const cursor = (session_id: string, offset: number) => ({ cursor: { session_id, offset } })

  test('take parts in order, and tell where they are', async () => {
    const id = sessionId(await upload('upload_session/start', {}, bytes(3)))
    const wrong = await upload('upload_session/append_v2', cursor(id, 2), bytes(3))
    expect(JSON.parse(wrong.text)).toMatchObject({ error: { '.tag': 'incorrect_offset', correct_offset: 3 } })
    expect((await upload('upload_session/append_v2', cursor(id, 3), bytes(2))).text).toBe('null')
    const early = await upload('upload_session/finish', { ...cursor(id, 3), commit: { path: '/a' } })
    expect(JSON.parse(early.text)).toMatchObject({ error: { lookup_failed: { '.tag': 'incorrect_offset', correct_offset: 5 } } })
    const done = await upload('upload_session/finish', { ...cursor(id, 5), commit: { path: '/a' } }, bytes(1))
    expect(JSON.parse(done.text)).toMatchObject({ size: 6, content_hash: contentHash(Buffer.alloc(6)) })
    expect(summary(await upload('upload_session/append_v2', cursor(id, 6), bytes(1)))).toBe('not_found')
  })

  test('that are closed take nothing more', async () => {
    const id = sessionId(await upload('upload_session/start', { close: true }, bytes(3)))
    expect(summary(await upload('upload_session/append_v2', cursor(id, 3), bytes(1)))).toBe('closed')
    expect((await upload('upload_session/finish', { ...cursor(id, 3), commit: { path: '/a' } })).status).toBe(200)
  })

  test('only concurrent ones insist on multiples of 4 MiB', async () => {
    expect(summary(await upload('upload_session/start', { session_type: 'concurrent' }, bytes(1)))).toBe(
      'concurrent_session_data_not_allowed',
    )
    const id = sessionId(await upload('upload_session/start', { session_type: 'concurrent' }))
    expect(summary(await upload('upload_session/append_v2', cursor(id, 0), bytes(1)))).toBe('concurrent_session_invalid_data_size')
    expect(summary(await upload('upload_session/append_v2', cursor(id, 1), bytes(4 * MiB)))).toBe('concurrent_session_invalid_offset')
  })
})

describe('tokens', () => {
  const refresh = (changes: Record<string, string>) =>
    call(
      `${server.endpoints.api}/oauth2/token`,
      { 'content-type': 'application/x-www-form-urlencoded' },
      new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: TEST_APP.refreshToken,
        client_id: TEST_APP.appKey,
        client_secret: TEST_APP.appSecret ?? '',
        ...changes,
      }).toString(),
    )

  test.each([
    [{}, 200, '"expires_in":14400'],
    [{ client_secret: 'wrong' }, 400, 'invalid_client'],
    [{ client_id: 'wrong' }, 400, 'invalid_client'],
    [{ refresh_token: 'wrong' }, 400, 'invalid_grant'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ])('a refresh with %j is answered with %i %s', async (changes, status, words) => {
    const reply = await refresh(changes)
    expect(reply.status).toBe(status)
    expect(reply.text).toContain(words)
  })

  test('expire, and allow what they were made for', async () => {
    server.grants.scopes = ['account_info.read']
    expect(summary(await upload('upload', { path: '/a' }))).toBe('missing_scope')
    const { authorization: token } = authorization()
    server.grants.expireAll()
    expect(summary(await upload('upload', { path: '/a' }, bytes(0), { authorization: token }))).toBe('expired_access_token')
    expect(summary(await upload('upload', { path: '/a' }, bytes(0), { authorization: 'Bearer sl.other' }))).toBe('invalid_access_token')
  })
})
