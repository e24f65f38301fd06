import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Clock } from '../../../contracts/clock.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import type { StorageBackend } from '../../../contracts/storage.ts'
import { systemClock } from '../../../lib/system-clock.ts'
import { startFaultProxy, type Fault, type FaultProxy, type SeenRequest } from '../../../testkit/fault-proxy.ts'
import { testHost } from '../../../testkit/plugin-host.ts'
import { openS3, S3_ENV } from '../../../testkit/s3-fixture.ts'
import { startSwift, swiftMissing, type SwiftServer } from '../../../testkit/swift-server.ts'
import { bigFile, expectLittleMemory } from '../../../testkit/upload-memory.ts'

const missing = swiftMissing()
const live = new AbortController().signal
const MIB = 1024 * 1024
const PARTS = 3
const FILE_BYTES = 2 * 5 * MIB + 1000

const isPart = (number: number) => (request: SeenRequest) => request.method === 'PUT' && request.url.includes(`partNumber=${number}&`)
const isBegin = ({ method, url }: SeenRequest) => method === 'POST' && /\?uploads/.test(url)
const isComplete = ({ method, url }: SeenRequest) => method === 'POST' && url.includes('uploadId=')
const isAbort = ({ method, url }: SeenRequest) => method === 'DELETE' && url.includes('uploadId=')
const isPut = ({ method }: SeenRequest) => method === 'PUT'
const isGet = ({ method }: SeenRequest) => method === 'GET'
const answer = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Fault => ({
  do: 'status',
  status,
  headers: { 'content-type': 'application/xml', ...headers },
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>you sent swift-canary-secret</Message></Error>`,
})
/** Time that passes twenty times as fast while somebody waits before trying again. */
const clock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) }
const host = (env: Readonly<Record<string, string>> = {}) => testHost({ clock, env: { ...S3_ENV, ...env } })
const failure = (kind: string, message = '') => ({
  ok: false,
  error: { kind, message: expect.stringContaining(message) as string },
})

describe.skipIf(missing !== null)(`S3 when something goes wrong ${missing ?? ''}`, () => {
  let swift: SwiftServer
  let proxy: FaultProxy
  let big: Awaited<ReturnType<typeof bigFile>>
  beforeAll(async () => {
    swift = await startSwift()
    await swift.createBucket('clips')
    proxy = await startFaultProxy(swift)
    big = await bigFile(FILE_BYTES)
  })
  afterEach(() => proxy.heal())
  afterAll(async () => {
    await big[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
    await swift[Symbol.asyncDispose]()
  })

  const open = (changes: Readonly<Record<string, unknown>> = {}, by: PluginHost = host()): Promise<StorageBackend> =>
    openS3({ endpoint: proxy.url, bucket: 'clips', prefix: randomUUID(), part_size_bytes: 5 * MIB, ...changes }, by)

  /** Stores the file, expects that to work, and that it comes back. */
  const storeAll = async (storage: StorageBackend) => {
    const stored = await storage.put(big.path, 'a.mp4', live)
    if (!stored.ok) throw new Error(stored.error.message)
    const target = join(await mkdtemp(join(tmpdir(), 'homesec-s3-')), 'back.mp4')
    expect(await storage.get(stored.value.storage_uri, target, live)).toEqual({ ok: true, value: undefined })
    expect((await readFile(target)).equals(await readFile(big.path))).toBe(true)
    expect(await swift.unfinishedUploads('clips')).toEqual([])
  }

  describe('an upload in parts', () => {
    test('survives a cut of the connection in every one of its requests', async () => {
      await using storage = await open()
      for (let part = 1; part <= PARTS; part += 1) {
        proxy.fail(isPart(part), { do: 'cut_request', afterBytes: part === PARTS ? 500 : 3 * MIB }, { do: 'cut_response', afterBytes: 0 })
      }
      proxy.fail(isComplete, { do: 'cut_request', afterBytes: 10 })
      const before = proxy.requests.length
      await storeAll(storage)
      const sent = proxy.requests.slice(before)
      expect([1, 2, 3].map((part) => sent.filter(isPart(part)).length)).toEqual([3, 3, 3])
    })

    test('is complete when only the answer that says so was lost', async () => {
      await using storage = await open()
      proxy.fail(isComplete, { do: 'cut_response', afterBytes: 20 })
      await storeAll(storage)
    })

    test('survives 5xx and damage on the way', async () => {
      await using storage = await open()
      proxy.fail(isBegin, answer(500, 'InternalError'))
      proxy.fail(isPart(1), answer(503, 'ServiceUnavailable'), answer(502, ''))
      proxy.fail(isPart(2), { do: 'damage_request' })
      await storeAll(storage)
    })

    test('or in one request survives a cut, also of the request that begins it', async () => {
      // A server whose answer is lost has begun an upload that nobody knows: in a bucket of its own.
      await swift.createBucket('lost')
      await using storage = await open({ bucket: 'lost' })
      proxy.fail(isBegin, { do: 'cut_response', afterBytes: 0 }, { do: 'cut_request', afterBytes: 0 })
      expect(await storage.put(big.path, 'a.mp4', live)).toMatchObject({ ok: true })
      proxy.fail(isPut, { do: 'cut_request', afterBytes: 100 }, { do: 'cut_response', afterBytes: 0 })
      const stored = await storage.putBytes(Buffer.alloc(100_000, 'v'), 'b.mp4', live)
      expect(stored.ok && (await storage.exists(stored.value.storage_uri, live))).toEqual({ ok: true, value: true })
    })

    test('waits as long as a busy storage asks for a part, and goes on', async () => {
      await using storage = await open()
      const slow = answer(429, 'TooManyRequests', { 'retry-after': '2' })
      proxy.fail(isPart(2), slow, slow)
      await storeAll(storage)
    })

    test.each([
      ['the account is full', answer(403, 'QuotaExceeded'), 'unavailable', 'is full'],
      ['the session token expires', answer(400, 'ExpiredToken'), 'rejected', 'session_token_env'],
      ['the upload is aborted by somebody else', answer(404, 'NoSuchUpload'), 'unavailable', 'begin again'],
    ])('tells when %s half way, and leaves no part', async (_name, fault, kind, message) => {
      await using storage = await open()
      proxy.failAlways(isPart(2), fault)
      const before = proxy.requests.length
      expect(await storage.put(big.path, 'a.mp4', live)).toMatchObject(failure(kind, message))
      expect(await swift.unfinishedUploads('clips')).toEqual([])
      if (kind === 'rejected') expect(proxy.requests.slice(before).filter(isPart(2))).toHaveLength(1)
    })

    test('ends with the storage that is closed, and leaves no part', async () => {
      const storage = await open()
      proxy.failAlways(isPart(2), { do: 'stall' })
      const putting = storage.put(big.path, 'a.mp4', live)
      await proxy.next(isPart(2))
      await storage[Symbol.asyncDispose]()
      const before = proxy.requests.length
      expect(await putting).toMatchObject(failure('cancelled'))
      expect(proxy.requests).toHaveLength(before)
      expect(await swift.unfinishedUploads('clips')).toEqual([])
    })

    test('whose server falls silent is tried again', async () => {
      await using storage = await open({ timeout_s: 1 })
      proxy.fail(({ method }) => method === 'PUT', { do: 'stall' })
      expect(await storage.putBytes(Buffer.from('video'), 'a.mp4', live)).toMatchObject({ ok: true })
    })

    test('that fails for good is told, and leaves no part', async () => {
      await using storage = await open()
      proxy.failAlways(isPart(2), answer(500, 'InternalError'))
      expect(await storage.put(big.path, 'a.mp4', live)).toMatchObject(failure('unavailable'))
      expect(await swift.unfinishedUploads('clips')).toEqual([])
    })

    test('that is cancelled stops at once, and leaves no part', async () => {
      await using storage = await open()
      proxy.failAlways(isPart(2), { do: 'stall' })
      const abort = new AbortController()
      const putting = storage.put(big.path, 'a.mp4', abort.signal)
      await proxy.next(isPart(2))
      abort.abort()
      expect(await putting).toMatchObject(failure('cancelled'))
      expect(await swift.unfinishedUploads('clips')).toEqual([])
    })

    test('whose abort did not get through is aborted before the next one, also by another process', async () => {
      const house = host()
      const first = await open({}, house)
      proxy.failAlways(isPart(1), answer(403, 'AccessDenied'))
      proxy.failAlways(isAbort, answer(403, 'AccessDenied'))
      expect(await first.put(big.path, 'a.mp4', live)).toMatchObject(failure('rejected', 's3:PutObject'))
      await first[Symbol.asyncDispose]()
      expect(await swift.unfinishedUploads('clips')).toHaveLength(1)
      proxy.heal()
      await using second = await open({}, house)
      await storeAll(second)
      expect(await readdir(join(house.dirs.state, 'unfinished-uploads'))).toEqual([])
    })
  })

  describe('a download', () => {
    test('into a folder that cannot be made asks the storage for nothing', async () => {
      await using storage = await open()
      const stored = await storage.putBytes(Buffer.from('x'), 'a.json', live)
      const before = proxy.requests.length
      const target = join(big.path, 'a file is no folder', 'back.mp4')
      expect(stored.ok && (await storage.get(stored.value.storage_uri, target, live))).toMatchObject({ ok: false })
      expect(proxy.requests).toHaveLength(before)
    })

    test.each<readonly [string, Fault]>([
      ['a cut', { do: 'cut_response', afterBytes: 100_000 }],
      ['a 5xx', answer(500, 'InternalError')],
    ])('survives %s', async (_name, fault) => {
      await using storage = await open()
      proxy.fail(isGet, fault)
      await storeAll(storage)
    })

    test.each<readonly [string, Fault]>([
      ['is cut each time', { do: 'cut_response', afterBytes: 100_000 }],
      ['is damaged on its way', { do: 'damage_response' }],
    ])('that %s leaves no file', async (_name, fault) => {
      await using storage = await open()
      const stored = await storage.putBytes(Buffer.alloc(200_000), 'a.mp4', live)
      if (!stored.ok) throw new Error(stored.error.message)
      proxy.failAlways(isGet, fault)
      const target = join(await mkdtemp(join(tmpdir(), 'homesec-s3-')), 'back.mp4')
      expect(await storage.get(stored.value.storage_uri, target, live)).toMatchObject(failure('unavailable'))
      expect(await readdir(dirname(target))).toEqual([])
    })
  })

  describe('a ping', () => {
    const kinds = (from: number) => proxy.requests.slice(from).map(({ method }) => method)

    test('writes once, and again after a failure; in between it only asks', async () => {
      await using storage = await open()
      const ping = async () => {
        const before = proxy.requests.length
        expect(await storage.ping(live)).toEqual({ ok: true, value: undefined })
        return kinds(before)
      }
      const writing = ['GET', 'POST', 'PUT', 'DELETE']
      expect([await ping(), await ping()]).toEqual([writing, ['GET']])
      proxy.failAlways(isPut, answer(403, 'QuotaExceeded'))
      expect(await storage.putBytes(Buffer.from('x'), 'a.json', live)).toMatchObject(failure('unavailable', 'is full'))
      expect(await storage.ping(live)).toMatchObject(failure('unavailable', 'is full'))
      proxy.heal()
      expect([await ping(), await ping()]).toEqual([writing, ['GET']])
    })

    test.each([
      [answer(403, 'AccessDenied'), 'rejected', 's3:AbortMultipartUpload'],
      [answer(500, 'InternalError'), 'unavailable', 'fault of its own'],
    ])('that cannot abort its upload tells why, and the next upload does it: %j', async (fault, kind, message) => {
      await using storage = await open()
      proxy.failAlways(isAbort, fault)
      expect(await storage.ping(live)).toMatchObject(failure(kind, message))
      expect(await swift.unfinishedUploads('clips')).toHaveLength(1)
      proxy.heal()
      await storeAll(storage)
    })
  })

  describe('what the storage says', () => {
    const any = () => true

    test.each([
      [answer(429, 'TooManyRequests', { 'retry-after': '30' }), 30_000],
      [answer(503, 'SlowDown', { 'retry-after': '120' }), 120_000],
    ])('asks us to wait: %j', async (fault, retryAfterMs) => {
      await using storage = await open()
      proxy.failAlways(any, fault)
      const before = proxy.requests.length
      expect(await storage.putBytes(Buffer.from('x'), 'a.json', live)).toMatchObject({ error: { kind: 'unavailable', retryAfterMs } })
      expect(proxy.requests.length - before).toBe(1)
    })

    test.each([
      [answer(403, 'ExpiredToken'), 'rejected', 'TOKEN (session_token_env)'],
      [answer(403, 'InvalidAccessKeyId'), 'rejected', 'AWS_ACCESS_KEY_ID (access_key_id_env)'],
      [answer(403, 'QuotaExceeded'), 'unavailable', 'is full'],
      [answer(507, 'InsufficientStorage'), 'unavailable', 'is full'],
      [answer(301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-3' }), 'rejected', 'the storage says "eu-west-3"'],
      [answer(403, 'RequestTimeTooSkewed'), 'unavailable', 'NTP'],
      [{ do: 'status', status: 200, body: '<html>login</html>' } as const, 'unavailable', 'not as S3 does'],
      [{ do: 'status', status: 404, body: '<html>login</html>' } as const, 'invalid', 'not the address of an S3 service'],
    ])('%j is %s: %s', async (fault, kind, message) => {
      await using storage = await open({ session_token_env: 'TOKEN' }, host({ TOKEN: 'temporary' }))
      proxy.failAlways(any, fault)
      const pinged = await storage.ping(live)
      expect(pinged).toMatchObject(failure(kind, message))
      if (!pinged.ok) expect(pinged.error.message).not.toContain('canary')
    })
  })

  describe('wrong settings are named by a ping', () => {
    test.each([
      [{}, { AWS_ACCESS_KEY_ID: '' }, 'rejected', 'AWS_ACCESS_KEY_ID (access_key_id_env) is not set'],
      [{}, { AWS_ACCESS_KEY_ID: 'homes:stranger' }, 'rejected', 'AWS_ACCESS_KEY_ID'],
      [{}, { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'rejected', 'AWS_SECRET_ACCESS_KEY (secret_access_key_env)'],
      [{}, { AWS_SECRET_ACCESS_KEY: 'two\nlines' }, 'rejected', 'AWS_SECRET_ACCESS_KEY (secret_access_key_env) has a blank'],
      [{ bucket: 'no-such-bucket' }, {}, 'rejected', 'no bucket "no-such-bucket" (bucket)'],
      [
        { region: 'eu-west-1' },
        {},
        'rejected',
        '"eu-west-1" (region) is not the region of the bucket "clips"; the storage says "us-east-1"',
      ],
      [{ endpoint: 'http://127.0.0.1:1' }, {}, 'unavailable', 'nothing listens at 127.0.0.1:1 (endpoint)'],
      [{ endpoint: 'http://nowhere.localhost.invalid.lan' }, {}, 'unavailable', '(endpoint)'],
      [{ ca_file: '/nowhere/ca.pem' }, {}, 'rejected', 'ca_file'],
    ])('%j %j', async (config, env, kind, message) => {
      const given = Object.entries({ ...S3_ENV, ...env }).filter(([, value]) => value !== '')
      await using storage = await open(config, testHost({ env: Object.fromEntries(given) }))
      const pinged = await storage.ping(live)
      expect(pinged).toMatchObject(failure(kind, message))
      if (!pinged.ok) expect(pinged.error.message).not.toContain('canary')
    })

    test('https where the server has none', async () => {
      await using storage = await open({ endpoint: proxy.url.replace('http:', 'https:') })
      expect(await storage.ping(live)).toMatchObject(failure('rejected', 'is it http instead of https?'))
    })
  })

  test('a clip of 200 MB takes less than 40 MB of memory', { timeout: 120_000 }, async () => {
    const module = new URL('./plugin.ts', import.meta.url).href
    await expectLittleMemory({ module, name: 's3Storage', config: { endpoint: swift.url, bucket: 'clips' }, env: S3_ENV })
  })
})
