import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openS3 } from '../../../testkit/s3-fixture.ts'
import { storageContract } from '../../../testkit/storage-contract/index.ts'
import { startSwift, swiftMissing, type SwiftServer } from '../../../testkit/swift-server.ts'

const missing = swiftMissing()
const MIB = 1024 * 1024
const live = new AbortController().signal

describe.skipIf(missing !== null)(`a real S3 server ${missing ?? ''}`, () => {
  let swift: SwiftServer
  beforeAll(async () => {
    swift = await startSwift()
    await swift.createBucket('clips')
  })
  afterAll(() => swift[Symbol.asyncDispose]())

  const open = (changes: Readonly<Record<string, unknown>> = {}) =>
    openS3({ endpoint: swift.url, bucket: 'clips', prefix: randomUUID(), part_size_bytes: 5 * MIB, ...changes })

  storageContract('s3', open)

  test('a player may pause for longer than the server may stay silent', async () => {
    const prefix = randomUUID()
    await using storage = await open({ prefix })
    await using player = await open({ prefix, timeout_s: 1.5 })
    const bytes = Buffer.alloc(4 * MIB, 'film')
    const stored = await storage.putBytes(bytes, 'a.mp4', live)
    const read = stored.ok ? await player.read(stored.value.storage_uri, null, live) : stored
    if (!read.ok) throw new Error(read.error.message)
    await new Promise((resolve) => setTimeout(resolve, 2200))
    const chunks: Buffer[] = []
    for await (const chunk of read.value.stream as AsyncIterable<Buffer>) chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
  })

  test('a ping leaves nothing behind', async () => {
    await swift.createBucket('empty')
    await using storage = await open({ bucket: 'empty', prefix: '' })
    expect(await storage.ping(live)).toEqual({ ok: true, value: undefined })
    expect(await swift.objects('empty')).toEqual([])
    expect(await swift.unfinishedUploads('empty')).toEqual([])
  })

  test('objects have their address, type and hash, and a signed link that opens them for as long as configured', async () => {
    await using storage = await open({ prefix: '/homes/', view_url_expires_s: 3600 })
    const stored = await storage.putBytes(Buffer.from('video'), 'front/a b#1.mp4', live)
    if (!stored.ok) throw new Error(stored.error.message)
    expect(stored.value.storage_uri).toBe('s3://clips/homes/front/a b#1.mp4')
    const link = new URL(stored.value.view_url ?? '')
    expect(link.searchParams.get('X-Amz-Expires')).toBe('3600')
    const opened = await fetch(link)
    expect([opened.status, opened.headers.get('content-type'), await opened.text()]).toEqual([200, 'video/mp4', 'video'])
    expect((await fetch(`${link.origin}${link.pathname}`)).ok).toBe(false)
    const { Metadata } = await swift.head('clips', 'homes/front/a b#1.mp4')
    expect(Metadata).toEqual({ 'homesec-sha256': createHash('sha256').update('video').digest('hex') })
  })

  test.each([
    [{ view_url_expires_s: 0 }, null],
    [{ view_url_expires_s: null }, null],
    [{ view_url_prefix: 'https://clips.example.net/' }, 'https://clips.example.net/a%20b.mp4'],
  ])('with %j the link is %j', async (config, view_url) => {
    await using storage = await open(config)
    expect(await storage.putBytes(Buffer.from('video'), 'a b.mp4', live)).toMatchObject({ ok: true, value: { view_url } })
  })
})
