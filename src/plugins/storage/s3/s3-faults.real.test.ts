import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Fault } from '../../../testkit/fault-proxy.ts'
import {
  answer,
  failure,
  host,
  isAbort,
  isBegin,
  isComplete,
  isGet,
  isPart,
  isPut,
  PARTS,
  S3BehindFaults,
} from '../../../testkit/s3-behind-faults.ts'
import { S3_ENV } from '../../../testkit/s3-fixture.ts'
import { swiftMissing } from '../../../testkit/swift-server.ts'
import { expectLittleMemory } from '../../../testkit/upload-memory.ts'

const missing = swiftMissing()
const live = new AbortController().signal
const MIB = 1024 * 1024

describe.skipIf(missing !== null)(`S3 when something goes wrong ${missing ?? ''}`, () => {
  let s3: S3BehindFaults
  beforeAll(async () => {
    s3 = await S3BehindFaults.start()
  })
  afterEach(() => s3.proxy.heal())
  afterAll(() => s3[Symbol.asyncDispose]())

  describe('an upload in parts', () => {
    test('survives a cut of the connection in every one of its requests', async () => {
      await using storage = await s3.open()
      for (let part = 1; part <= PARTS; part += 1) {
        s3.proxy.fail(
          isPart(part),
          { do: 'cut_request', afterBytes: part === PARTS ? 500 : 3 * MIB },
          { do: 'cut_response', afterBytes: 0 },
        )
      }
      s3.proxy.fail(isComplete, { do: 'cut_request', afterBytes: 10 })
      const before = s3.proxy.requests.length
      await s3.storeAll(storage)
      const sent = s3.proxy.requests.slice(before)
      expect([1, 2, 3].map((part) => sent.filter(isPart(part)).length)).toEqual([3, 3, 3])
    })

    test('is complete when only the answer that says so was lost', async () => {
      await using storage = await s3.open()
      s3.proxy.fail(isComplete, { do: 'cut_response', afterBytes: 20 })
      await s3.storeAll(storage)
    })

    test('survives 5xx and damage on the way', async () => {
      await using storage = await s3.open()
      s3.proxy.fail(isBegin, answer(500, 'InternalError'))
      s3.proxy.fail(isPart(1), answer(503, 'ServiceUnavailable'), answer(502, ''))
      s3.proxy.fail(isPart(2), { do: 'damage_request' })
      await s3.storeAll(storage)
    })

    test('or in one request survives a cut, also of the request that begins it', async () => {
      // A server whose answer is lost has begun an upload that nobody knows: in a bucket of its own.
      await s3.swift.createBucket('lost')
      await using storage = await s3.open({ bucket: 'lost' })
      s3.proxy.fail(isBegin, { do: 'cut_response', afterBytes: 0 }, { do: 'cut_request', afterBytes: 0 })
      expect(await storage.put(s3.big.path, 'a.mp4', live)).toMatchObject({ ok: true })
      s3.proxy.fail(isPut, { do: 'cut_request', afterBytes: 100 }, { do: 'cut_response', afterBytes: 0 })
      const stored = await storage.putBytes(Buffer.alloc(100_000, 'v'), 'b.mp4', live)
      expect(stored.ok && (await storage.exists(stored.value.storage_uri, live))).toEqual({ ok: true, value: true })
    })

    test('waits as long as a busy storage asks for a part, and goes on', async () => {
      await using storage = await s3.open()
      const slow = answer(429, 'TooManyRequests', { 'retry-after': '2' })
      s3.proxy.fail(isPart(2), slow, slow)
      await s3.storeAll(storage)
    })

    test.each([
      ['the account is full', answer(403, 'QuotaExceeded'), 'unavailable', 'is full'],
      ['the session token expires', answer(400, 'ExpiredToken'), 'rejected', 'session_token_env'],
      ['the upload is aborted by somebody else', answer(404, 'NoSuchUpload'), 'unavailable', 'begin again'],
    ])('tells when %s half way, and leaves no part', async (_name, fault, kind, message) => {
      await using storage = await s3.open()
      s3.proxy.failAlways(isPart(2), fault)
      const before = s3.proxy.requests.length
      expect(await storage.put(s3.big.path, 'a.mp4', live)).toMatchObject(failure(kind, message))
      expect(await s3.swift.unfinishedUploads('clips')).toEqual([])
      if (kind === 'rejected') expect(s3.proxy.requests.slice(before).filter(isPart(2))).toHaveLength(1)
    })

    test('ends with the storage that is closed, and leaves no part', async () => {
      const storage = await s3.open()
      s3.proxy.failAlways(isPart(2), { do: 'stall' })
      const putting = storage.put(s3.big.path, 'a.mp4', live)
      await s3.proxy.next(isPart(2))
      await storage[Symbol.asyncDispose]()
      const before = s3.proxy.requests.length
      expect(await putting).toMatchObject(failure('cancelled'))
      expect(s3.proxy.requests).toHaveLength(before)
      expect(await s3.swift.unfinishedUploads('clips')).toEqual([])
    })

    test('whose server falls silent is tried again', async () => {
      await using storage = await s3.open({ timeout_s: 1 })
      s3.proxy.fail(({ method }) => method === 'PUT', { do: 'stall' })
      expect(await storage.putBytes(Buffer.from('video'), 'a.mp4', live)).toMatchObject({ ok: true })
    })

    test('that fails for good is told, and leaves no part', async () => {
      await using storage = await s3.open()
      s3.proxy.failAlways(isPart(2), answer(500, 'InternalError'))
      expect(await storage.put(s3.big.path, 'a.mp4', live)).toMatchObject(failure('unavailable'))
      expect(await s3.swift.unfinishedUploads('clips')).toEqual([])
    })

    test('that is cancelled stops at once, and leaves no part', async () => {
      await using storage = await s3.open()
      s3.proxy.failAlways(isPart(2), { do: 'stall' })
      const abort = new AbortController()
      const putting = storage.put(s3.big.path, 'a.mp4', abort.signal)
      await s3.proxy.next(isPart(2))
      abort.abort()
      expect(await putting).toMatchObject(failure('cancelled'))
      expect(await s3.swift.unfinishedUploads('clips')).toEqual([])
    })

    test('whose abort did not get through is aborted before the next one, also by another process', async () => {
      const house = host()
      const first = await s3.open({}, house)
      s3.proxy.failAlways(isPart(1), answer(403, 'AccessDenied'))
      s3.proxy.failAlways(isAbort, answer(403, 'AccessDenied'))
      expect(await first.put(s3.big.path, 'a.mp4', live)).toMatchObject(failure('rejected', 's3:PutObject'))
      await first[Symbol.asyncDispose]()
      expect(await s3.swift.unfinishedUploads('clips')).toHaveLength(1)
      s3.proxy.heal()
      await using second = await s3.open({}, house)
      await s3.storeAll(second)
      expect(await readdir(join(house.dirs.state, 'unfinished-uploads'))).toEqual([])
    })
  })

  describe('a download', () => {
    test('into a folder that cannot be made asks the storage for nothing', async () => {
      await using storage = await s3.open()
      const stored = await storage.putBytes(Buffer.from('x'), 'a.json', live)
      const before = s3.proxy.requests.length
      const target = join(s3.big.path, 'a file is no folder', 'back.mp4')
      expect(stored.ok && (await storage.get(stored.value.storage_uri, target, live))).toMatchObject({ ok: false })
      expect(s3.proxy.requests).toHaveLength(before)
    })

    test.each<readonly [string, Fault]>([
      ['a cut', { do: 'cut_response', afterBytes: 100_000 }],
      ['a 5xx', answer(500, 'InternalError')],
    ])('survives %s', async (_name, fault) => {
      await using storage = await s3.open()
      s3.proxy.fail(isGet, fault)
      await s3.storeAll(storage)
    })

    test.each<readonly [string, Fault]>([
      ['is cut each time', { do: 'cut_response', afterBytes: 100_000 }],
      ['is damaged on its way', { do: 'damage_response' }],
    ])('that %s leaves no file', async (_name, fault) => {
      await using storage = await s3.open()
      const stored = await storage.putBytes(Buffer.alloc(200_000), 'a.mp4', live)
      if (!stored.ok) throw new Error(stored.error.message)
      s3.proxy.failAlways(isGet, fault)
      const target = join(await mkdtemp(join(tmpdir(), 'homesec-s3-')), 'back.mp4')
      expect(await storage.get(stored.value.storage_uri, target, live)).toMatchObject(failure('unavailable'))
      expect(await readdir(dirname(target))).toEqual([])
    })
  })

  test('a clip of 200 MB takes less than 40 MB of memory', { timeout: 120_000 }, async () => {
    const module = new URL('./plugin.ts', import.meta.url).href
    await expectLittleMemory({ module, name: 's3Storage', config: { endpoint: s3.swift.url, bucket: 'clips' }, env: S3_ENV })
  })
})
