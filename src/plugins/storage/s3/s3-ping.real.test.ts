import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { testHost } from '../../../testkit/plugin-host.ts'
import { answer, failure, host, isAbort, isPut, S3BehindFaults } from '../../../testkit/s3-behind-faults.ts'
import { S3_ENV } from '../../../testkit/s3-fixture.ts'
import { swiftMissing } from '../../../testkit/swift-server.ts'

const missing = swiftMissing()
const live = new AbortController().signal

describe.skipIf(missing !== null)(`What S3 says of itself ${missing ?? ''}`, () => {
  let s3: S3BehindFaults
  beforeAll(async () => {
    s3 = await S3BehindFaults.start()
  })
  afterEach(() => s3.proxy.heal())
  afterAll(() => s3[Symbol.asyncDispose]())

  describe('a ping', () => {
    const kinds = (from: number) => s3.proxy.requests.slice(from).map(({ method }) => method)

    test('writes once, and again after a failure; in between it only asks', async () => {
      await using storage = await s3.open()
      const ping = async () => {
        const before = s3.proxy.requests.length
        expect(await storage.ping(live)).toEqual({ ok: true, value: undefined })
        return kinds(before)
      }
      const writing = ['GET', 'POST', 'PUT', 'DELETE']
      expect([await ping(), await ping()]).toEqual([writing, ['GET']])
      s3.proxy.failAlways(isPut, answer(403, 'QuotaExceeded'))
      expect(await storage.putBytes(Buffer.from('x'), 'a.json', live)).toMatchObject(failure('unavailable', 'is full'))
      expect(await storage.ping(live)).toMatchObject(failure('unavailable', 'is full'))
      s3.proxy.heal()
      expect([await ping(), await ping()]).toEqual([writing, ['GET']])
    })

    test.each([
      [answer(403, 'AccessDenied'), 'rejected', 's3:AbortMultipartUpload'],
      [answer(500, 'InternalError'), 'unavailable', 'fault of its own'],
    ])('that cannot abort its upload tells why, and the next upload does it: %j', async (fault, kind, message) => {
      await using storage = await s3.open()
      s3.proxy.failAlways(isAbort, fault)
      expect(await storage.ping(live)).toMatchObject(failure(kind, message))
      expect(await s3.swift.unfinishedUploads('clips')).toHaveLength(1)
      s3.proxy.heal()
      await s3.storeAll(storage)
    })
  })

  describe('what the storage says', () => {
    const any = () => true

    test.each([
      [answer(429, 'TooManyRequests', { 'retry-after': '30' }), 30_000],
      [answer(503, 'SlowDown', { 'retry-after': '120' }), 120_000],
    ])('asks us to wait: %j', async (fault, retryAfterMs) => {
      await using storage = await s3.open()
      s3.proxy.failAlways(any, fault)
      const before = s3.proxy.requests.length
      expect(await storage.putBytes(Buffer.from('x'), 'a.json', live)).toMatchObject({ error: { kind: 'unavailable', retryAfterMs } })
      expect(s3.proxy.requests.length - before).toBe(1)
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
      await using storage = await s3.open({ session_token_env: 'TOKEN' }, host({ TOKEN: 'temporary' }))
      s3.proxy.failAlways(any, fault)
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
      await using storage = await s3.open(config, testHost({ env: Object.fromEntries(given) }))
      const pinged = await storage.ping(live)
      expect(pinged).toMatchObject(failure(kind, message))
      if (!pinged.ok) expect(pinged.error.message).not.toContain('canary')
    })

    test('https where the server has none', async () => {
      await using storage = await s3.open({ endpoint: s3.proxy.url.replace('http:', 'https:') })
      expect(await storage.ping(live)).toMatchObject(failure('rejected', 'is it http instead of https?'))
    })
  })
})
