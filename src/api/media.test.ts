import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { ProblemSchema } from '../contracts/api/problem.ts'
import { pluginError } from '../contracts/errors.ts'
import { ok } from '../contracts/result.ts'
import { API_KEY, aStoredClip, ApiWorld, runApi } from '../testkit/api-fixture.ts'
import { planRange } from './byte-range.ts'

const ID = 'front_door_1767225600.mp4'
const PATH = `/api/v1/clips/${ID}/media`
const AUTH = { 'x-api-key': API_KEY }
const BYTES = randomBytes(100_000)
const SHA256 = createHash('sha256').update(BYTES).digest('hex')
const bodyOf = async (response: Response) => Buffer.from(await response.arrayBuffer())

async function localWorld(): Promise<ApiWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'homesec-media-'))
  const local_path = join(folder, ID)
  await writeFile(local_path, BYTES)
  const world = new ApiWorld()
  world.add(aStoredClip({ local_path, size_bytes: BYTES.length, content_sha256: SHA256, storage_uri: null }))
  return world
}

async function storedWorld(): Promise<ApiWorld> {
  const world = new ApiWorld()
  world.objects.set('memory:clip', BYTES)
  const local_deleted_at = '2026-01-01T01:00:00.000Z'
  world.add(aStoredClip({ size_bytes: BYTES.length, content_sha256: SHA256, storage_uri: 'memory:clip', local_deleted_at }))
  return world
}

test.each([
  [undefined, 100, 'whole'],
  ['bytes=0-9', 100, [0, 9]],
  ['bytes=10-', 100, [10, 99]],
  ['bytes=90-500', 100, [90, 99]],
  ['bytes=-10', 100, [90, 99]],
  ['bytes=-500', 100, [0, 99]],
  ['bytes=99-99', 100, [99, 99]],
  ['bytes=100-', 100, 'unsatisfiable'],
  ['bytes=-0', 100, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=9-1', 100, 'whole'],
  ['bytes=0-1,5-6', 100, 'whole'],
  ['bytes=-', 100, 'whole'],
  ['bytes=a-b', 100, 'whole'],
  ['items=0-1', 100, 'whole'],
] as const)('the range %s of %i bytes is %o', (header, size, expected) => {
  const plan = planRange(header, size)
  expect(plan.kind === 'part' ? [plan.range.start, plan.range.end] : plan.kind).toEqual(expected)
})

describe.each([
  ['the local file', localWorld],
  ['the storage', storedWorld],
])('from %s', (_name, makeWorld) => {
  test('the whole recording comes back byte for byte', async () => {
    await using api = await runApi({}, await makeWorld())
    const response = await api.fetch(PATH)
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': '100000',
      'accept-ranges': 'bytes',
      etag: `"${SHA256}"`,
      'content-disposition': `inline; filename="${ID}"`,
      'cache-control': 'private, no-cache',
    })
    expect((await bodyOf(response)).equals(BYTES)).toBe(true)
  })

  test.each([
    ['bytes=10-19', 10, 19],
    ['bytes=99990-', 99_990, 99_999],
    ['bytes=-5', 99_995, 99_999],
    ['bytes=0-', 0, 99_999],
  ])('%s answers 206 with those bytes', async (range, start, end) => {
    await using api = await runApi({}, await makeWorld())
    const response = await api.fetch(PATH, { headers: { ...AUTH, range } })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/100000`)
    expect((await bodyOf(response)).equals(BYTES.subarray(start, end + 1))).toBe(true)
  })

  test('a range past the end answers 416 with the size', async () => {
    await using api = await runApi({}, await makeWorld())
    const response = await api.fetch(PATH, { headers: { ...AUTH, range: 'bytes=100000-' } })
    expect(response.status).toBe(416)
    expect(response.headers.get('content-range')).toBe('bytes */100000')
    expect(ProblemSchema.parse(await response.json()).code).toBe('BYTE_RANGE_NOT_SATISFIABLE')
  })

  test('HEAD tells the size and sends nothing', async () => {
    await using api = await runApi({}, await makeWorld())
    const whole = await api.fetch(PATH, { method: 'HEAD' })
    expect([whole.status, whole.headers.get('content-length'), whole.headers.get('accept-ranges')]).toEqual([200, '100000', 'bytes'])
    expect(await bodyOf(whole)).toHaveLength(0)
    const part = await api.fetch(PATH, { method: 'HEAD', headers: { ...AUTH, range: 'bytes=0-9' } })
    expect([part.status, part.headers.get('content-length')]).toEqual([206, '10'])
    expect(api.world.reads).toEqual([])
  })

  test('If-Range lets a range through for the same recording only', async () => {
    await using api = await runApi({}, await makeWorld())
    const status = async (ifRange: string) => {
      const response = await api.fetch(PATH, { headers: { ...AUTH, range: 'bytes=0-9', 'if-range': ifRange } })
      await response.arrayBuffer()
      return response.status
    }
    expect(await status(`"${SHA256}"`)).toBe(206)
    expect(await status('"another"')).toBe(200)
    expect(await status('Wed, 21 Oct 2015 07:28:00 GMT')).toBe(200)
  })

  test('a browser that has it already is told so', async () => {
    await using api = await runApi({}, await makeWorld())
    const response = await api.fetch(PATH, { headers: { ...AUTH, 'if-none-match': `"${SHA256}"` } })
    expect(response.status).toBe(304)
  })
})

test('a range asks the storage for that range only', async () => {
  await using api = await runApi({}, await storedWorld())
  await bodyOf(await api.fetch(PATH, { headers: { ...AUTH, range: 'bytes=10-19' } }))
  expect(api.world.reads.map(({ range }) => range)).toEqual([{ start: 10, end: 19 }])
})

test('a local file that is gone before its record falls back to the storage', async () => {
  const world = await localWorld()
  const clip = world.add({ ...world.clips.get(ID)!, storage_uri: 'memory:clip' })
  world.objects.set('memory:clip', BYTES)
  await unlink(clip.local_path)
  await using api = await runApi({}, world)
  expect((await bodyOf(await api.fetch(PATH))).equals(BYTES)).toBe(true)
})

test('a path that is not the clip, or a link, is never opened', async () => {
  const world = await localWorld()
  const clip = world.clips.get(ID)!
  await using api = await runApi({}, world)
  world.add({ ...clip, local_path: '/etc/passwd' })
  expect((await api.fetch(PATH)).status).toBe(404)

  const link = join(await mkdtemp(join(tmpdir(), 'homesec-media-')), ID)
  await symlink('/etc/passwd', link)
  world.add({ ...clip, local_path: link })
  expect((await api.fetch(PATH)).status).toBe(404)
})

test.each([
  ['no copy anywhere', 404, 'MEDIA_NOT_FOUND', (world: ApiWorld) => void world.add({ ...world.clips.get(ID)!, storage_uri: null })],
  ['an object that is gone', 404, 'MEDIA_NOT_FOUND', (world: ApiWorld) => world.objects.clear()],
  ['a deleted clip', 404, 'MEDIA_NOT_FOUND', (world: ApiWorld) => void world.add({ ...world.clips.get(ID)!, status: 'deleted' })],
  ['an unknown clip', 404, 'CLIP_NOT_FOUND', (world: ApiWorld) => world.clips.clear()],
  ['a storage that is down', 502, 'STORAGE_UNAVAILABLE', (world: ApiWorld) => (world.storageError = pluginError('unavailable', 'CANARY'))],
  ['half an object', 502, 'STORAGE_UNAVAILABLE', (world: ApiWorld) => void world.objects.set('memory:clip', BYTES.subarray(0, 50))],
])('%s answers %i %s', async (_name, status, code, arrange) => {
  const world = await storedWorld()
  arrange(world)
  await using api = await runApi({}, world)
  const response = await api.fetch(PATH)
  const text = await response.text()
  expect([response.status, ProblemSchema.parse(JSON.parse(text)).code]).toEqual([status, code])
  expect(text).not.toContain('CANARY')
})

test('a client that hangs up ends the stream from the storage', async () => {
  const world = await storedWorld()
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(1024))
    },
  })
  const deps = world.deps()
  world.deps = () => ({ ...deps, storage: { read: async () => ok({ stream: endless, size: BYTES.length }) } })
  world.add({ ...world.clips.get(ID)!, size_bytes: BYTES.length })
  await using api = await runApi({}, world)
  const abort = new AbortController()
  const response = await api.fetch(PATH, { signal: abort.signal })
  await response.body?.getReader().read()
  const closed = once(endless, 'close')
  abort.abort()
  await closed
  expect(endless.destroyed).toBe(true)
})

test('the thumbnail is a JPEG from the storage; none is 404', async () => {
  const world = await storedWorld()
  await using api = await runApi({}, world)
  const path = `/api/v1/clips/${ID}/thumbnail`
  expect((await api.fetch(path)).status).toBe(404)

  world.add({ ...world.clips.get(ID)!, thumbnail_uri: 'memory:thumb' })
  expect(ProblemSchema.parse(await (await api.fetch(path)).json()).code).toBe('THUMBNAIL_NOT_FOUND')
  world.objects.set('memory:thumb', BYTES.subarray(0, 500))
  const response = await api.fetch(path)
  expect([response.status, response.headers.get('content-type'), response.headers.get('content-length')]).toEqual([
    200,
    'image/jpeg',
    '500',
  ])
  expect((await bodyOf(response)).equals(BYTES.subarray(0, 500))).toBe(true)
  expect((await api.fetch(path, { method: 'HEAD' })).headers.get('content-length')).toBe('500')
  // A storage that is away keeps the object of a deleted clip for a while; nobody sees it any more.
  world.add({ ...world.clips.get(ID)!, status: 'deleted' })
  expect(ProblemSchema.parse(await (await api.fetch(path)).json()).code).toBe('THUMBNAIL_NOT_FOUND')
})

test('a clip that only one of several places has is streamed from there; one that left the storage is clearly gone', async () => {
  const world = await storedWorld()
  const gone = { local_deleted_at: '2026-01-01T01:00:00.000Z', storage_uri: null, size_bytes: BYTES.length, content_sha256: SHA256 }
  world.add(aStoredClip({ ...gone, copies: { nas: { storage_uri: 'memory:clip', view_url: null, stored_at: gone.local_deleted_at } } }))
  await using api = await runApi({}, world)
  expect(await bodyOf(await api.fetch(PATH, { headers: AUTH }))).toEqual(BYTES)
  world.add(aStoredClip({ ...gone, storage_pruned_at: gone.local_deleted_at }))
  const answer = await api.fetch(PATH, { headers: AUTH })
  expect([answer.status, ProblemSchema.parse(await answer.json()).code]).toEqual([404, 'MEDIA_NOT_FOUND'])
})
