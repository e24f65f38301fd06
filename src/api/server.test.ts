import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { StatsBodySchema } from '../contracts/api/stats.ts'
import { ProblemSchema } from '../contracts/api/problem.ts'
import type { ClipEvent } from '../contracts/clip-events.ts'
import { pluginError } from '../contracts/errors.ts'
import { err, ok } from '../contracts/result.ts'
import { API_KEY, aCameraView, aStoredClip, ApiWorld, runApi } from '../testkit/api-fixture.ts'
import { startApi } from './server.ts'

const OPTIONS = { host: '127.0.0.1', port: 0, auth: { enabled: true, apiKey: API_KEY }, corsOrigins: [], allowInsecure: false }
const EVENT: ClipEvent = { event_type: 'clip_finished', clip_id: 'front_door_1.mp4', seq: 7, ts: '2026-01-01T00:00:00.000Z' }

test.each([
  ['healthy', 200],
  ['degraded', 200],
  ['unhealthy', 503],
] as const)('%s is answered with %i on both health routes', async (status, code) => {
  await using api = await runApi()
  api.world.health = {
    status,
    components: [
      { component: 'camera', name: 'bedroom', status: 'down', detail: 'rtsp://CANARY', checked_at: '' },
      { component: 'camera', name: 'garden', status: 'ok', detail: '', checked_at: '' },
    ],
  }
  const short = await api.fetch('/health', { headers: {} })
  expect([short.status, await short.json()]).toEqual([code, { status }])
  const long = await api.fetch('/api/v1/health', { headers: {} })
  expect([long.status, await long.json()]).toEqual([code, { status, components: [{ component: 'camera', ok: 1, starting: 0, down: 1 }] }])
})

test('diagnostics hold every part with its reason, and the configuration', async () => {
  await using api = await runApi()
  const component = { component: 'database', name: '', status: 'down', detail: 'connection refused', checked_at: '' } as const
  api.world.health = { status: 'degraded', components: [component] }
  api.world.config = { storage: { token: '***' } }
  expect(await (await api.fetch('/api/v1/diagnostics')).json()).toMatchObject({
    version: '0.0.0-test',
    uptime_s: 60,
    health: { status: 'degraded', components: [component] },
    cameras: [{ name: 'front_door' }],
    gauges: { queue_depth: 0, disk_free_bytes: null },
    config: { storage: { token: '***' } },
  })
})

test('statistics count today, totals and cameras online', async () => {
  await using api = await runApi()
  api.world.stats = { ...api.world.stats, clips_total: 9, clips_today: 2, alerts_today: 1, by_status: { done: 9 } }
  api.world.cameras = [aCameraView(), aCameraView({ name: 'shed', state: 'down' }), aCameraView({ name: 'off', enabled: false })]
  const stats = StatsBodySchema.parse(await (await api.fetch('/api/v1/stats')).json())
  expect(stats).toMatchObject({ clips_total: 9, clips_today: 2, alerts_today: 1, cameras_total: 3, cameras_online: 1, uptime_s: 60 })
})

test('metrics are plain text for Prometheus', async () => {
  await using api = await runApi()
  api.world.metricsText = async () => 'homesec_queue_depth 3\n'
  const response = await api.fetch('/api/v1/metrics')
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  expect(await response.text()).toBe('homesec_queue_depth 3\n')
})

test('an exception is a 500 that tells nothing, and a log line that tells all', async () => {
  await using api = await runApi()
  api.world.metricsText = () => Promise.reject(new Error('CANARY'))
  const response = await api.fetch('/api/v1/metrics')
  const text = await response.text()
  const problem = ProblemSchema.parse(JSON.parse(text))
  expect([response.status, problem.code]).toEqual([500, 'INTERNAL_SERVER_ERROR'])
  expect(text).not.toContain('CANARY')
  const line = api.world.log.lines.find(({ level }) => level === 'error')
  expect(line?.fields).toMatchObject({ request_id: problem.request_id, route: '/api/v1/metrics' })
})

test('a body that is too large, malformed or of a foreign type is refused as such', async () => {
  const world = new ApiWorld()
  world.add(aStoredClip())
  await using api = await runApi({}, world)
  const post = async (type: string, body: string) => {
    const headers = { 'x-api-key': API_KEY, 'content-type': type }
    const response = await api.fetch('/api/v1/clips/front_door_1767225600.mp4/media-token', { method: 'POST', headers, body })
    return [response.status, ProblemSchema.parse(await response.json()).code]
  }
  expect(await post('application/json', `"${'x'.repeat(70_000)}"`)).toEqual([413, 'BODY_TOO_LARGE'])
  expect(await post('application/json', '{')).toEqual([400, 'REQUEST_INVALID'])
  expect(await post('application/json', '{"__proto__":{}}')).toEqual([400, 'REQUEST_INVALID'])
  expect(await post('text/xml', '<a/>')).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE'])
})

test('live events reach a listener as they happen, with heartbeats between', async () => {
  await using api = await runApi()
  const response = await api.fetch('/api/v1/events', { headers: { 'x-api-key': API_KEY, 'last-event-id': 'front_door_1.mp4:3' } })
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  const read = textReader(response)
  await read('connected')
  api.world.emit(EVENT)
  const text = await read('"seq":7')
  expect(text).toContain('id: front_door_1.mp4:7\nevent: clip_event\ndata: {')
  api.world.emitCamera({ camera_name: 'shed', state: 'down', detail: 'no route', ts: '2026-01-01T00:00:00.000Z' })
  expect(await read('no route')).toContain('\n\nevent: camera_event\ndata: {"camera_name":"shed","state":"down",')
  await api.world.clock.advance(15_000)
  await read(': heartbeat')
})

test('a listener that does not read is cut off, and the others go on', async () => {
  await using api = await runApi()
  const slow = connect(Number(new URL(api.server.url).port), '127.0.0.1')
  slow.on('error', () => undefined)
  slow.write(`GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\nx-api-key: ${API_KEY}\r\n\r\n`)
  await once(slow, 'data')
  slow.pause()
  const fast = await api.fetch('/api/v1/events')
  const read = textReader(fast)
  await read('connected')

  const cut = () => api.world.log.lines.some(({ fields }) => fields['event_type'] === 'sse_client_cut')
  const padding: ClipEvent = { ...EVENT, event_type: 'clip_pruned', reason: 'x'.repeat(100_000) }
  for (let sent = 0; sent < 1000 && !cut(); sent += 1) {
    api.world.emit(padding)
    await read('"seq":7')
  }
  expect(cut()).toBe(true)
  api.world.emit({ ...EVENT, seq: 8 })
  await read('"seq":8')
  slow.destroy()
})

test('more listeners than there is room for are turned away', async () => {
  await using api = await runApi()
  const listeners = await Promise.all(Array.from({ length: 32 }, () => api.fetch('/api/v1/events')))
  expect(listeners.every(({ status }) => status === 200)).toBe(true)
  const refused = await api.fetch('/api/v1/events')
  expect([refused.status, ProblemSchema.parse(await refused.json()).code]).toEqual([503, 'TOO_MANY_CLIENTS'])
})

test('closing does not wait for listeners, streams or a database that never answers', async () => {
  const world = new ApiWorld()
  world.add(aStoredClip({ size_bytes: 1e9, local_deleted_at: '2026-01-01T00:00:00.000Z' }))
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(1024))
    },
  })
  const deps = world.deps()
  const never = new Promise<never>(() => undefined)
  const queries = { list: () => never, stats: () => never }
  world.deps = () => ({ ...deps, queries, storage: { read: async () => ok({ stream: endless, size: 1e9 }) } })
  const api = await runApi({}, world)
  const live = await api.fetch('/api/v1/events')
  const media = await api.fetch('/api/v1/clips/front_door_1767225600.mp4/media')
  const hanging = api.fetch('/api/v1/clips').catch(() => null)
  await media.body?.getReader().read()

  await api[Symbol.asyncDispose]()
  await hanging
  await expect(live.text()).rejects.toThrow()
  expect(endless.destroyed).toBe(true)
  expect(world.listeners.size).toBe(0)
})

test('a port in use is a failure that says what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const world = new ApiWorld()
  const started = await startApi(world.deps(), { ...OPTIONS, port })
  other.close()
  expect(started).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  expect(started.ok || started.error.message).toContain('server.port')
  expect(world.listeners.size).toBe(0)
})

test('an address of another machine is refused', async () => {
  const started = await startApi(new ApiWorld().deps(), { ...OPTIONS, host: '203.0.113.7' })
  expect(started).toMatchObject({ ok: false, error: { kind: 'rejected' } })
})

test('beyond this machine it listens with a key or with allow_insecure only', async () => {
  const deps = new ApiWorld().deps()
  const open = { ...OPTIONS, host: '0.0.0.0', auth: { enabled: false, apiKey: null } }
  const refused = await startApi(deps, open)
  expect(refused).toMatchObject(err({ kind: 'rejected' }))
  expect(refused.ok || refused.error.message).toContain('allow_insecure')
  for (const options of [
    { ...open, allowInsecure: true },
    { ...OPTIONS, host: '0.0.0.0' },
  ]) {
    const started = await startApi(deps, options)
    expect(started.ok).toBe(true)
    if (started.ok) await started.value[Symbol.asyncDispose]()
  }
})

test('a part that throws or answers with a broken shape is a 500, not a crash', async () => {
  const world = new ApiWorld()
  const deps = world.deps()
  const thrower = { ...deps.queries, list: () => Promise.reject(new Error('CANARY')) }
  world.deps = () => ({ ...deps, queries: thrower })
  world.stats = { ...world.stats, clips_total: -1 }
  await using api = await runApi({}, world)
  for (const path of ['/api/v1/clips', '/api/v1/stats']) {
    const response = await api.fetch(path)
    expect([path, response.status]).toEqual([path, 500])
    expect(await response.text()).not.toContain('CANARY')
  }
  expect((await api.fetch('/health')).status).toBe(200)
})

test('a database that refuses our password is an outage to the client', async () => {
  await using api = await runApi()
  api.world.databaseError = pluginError('rejected', 'password authentication failed')
  expect((await api.fetch('/api/v1/stats')).status).toBe(503)
})

/** Reads on until `expected` came by since the last call; returns what was read. */
function textReader(response: Response): (expected: string) => Promise<string> {
  const chunks = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  return async (expected) => {
    while (!text.includes(expected)) {
      const chunk = await chunks.read()
      if (chunk.done) throw new Error(`stream ended before ${expected}`)
      text += chunk.value
    }
    const seen = text
    text = text.slice(text.indexOf(expected) + expected.length)
    return seen
  }
}
