import { expect, test } from 'vitest'
import { ClipListBodySchema, ClipViewSchema } from '../contracts/api/clips.ts'
import { ProblemSchema } from '../contracts/api/problem.ts'
import { pluginError } from '../contracts/errors.ts'
import { err, ok } from '../contracts/result.ts'
import { aStoredClip, ApiWorld, runApi } from '../testkit/api-fixture.ts'

const ID = 'front_door_1767225600.mp4'
const problemOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  const problem = ProblemSchema.parse(await response.json())
  expect(problem.status).toBe(response.status)
  return problem
}
const worldWith = (count: number) => {
  const world = new ApiWorld()
  for (let index = 0; index < count; index += 1) world.add(aStoredClip({ clip_id: `front_door_${1767225600 + index}.mp4` }))
  return world
}

test('pages lead through all clips, each once, and the last has no cursor', async () => {
  await using api = await runApi({}, worldWith(5))
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const response = await api.fetch(`/api/v1/clips?limit=2${cursor && `&cursor=${cursor}`}`)
    const body = ClipListBodySchema.parse(await response.json())
    seen.push(...body.clips.map(({ clip_id }) => clip_id))
    cursor = body.next_cursor
  }
  expect(seen).toEqual([4, 3, 2, 1, 0].map((index) => `front_door_${1767225600 + index}.mp4`))
})

test('filters arrive in the words of the query port, times as UTC', async () => {
  await using api = await runApi()
  const query = 'camera=front_door&status=done&alerted=true&detected=false&risk_level=high&activity_type=delivery&q=van'
  const response = await api.fetch(`/api/v1/clips?${query}&since=2026-01-01T01:00:00%2B02:00&until=2026-01-02T00:00:00Z`)
  expect(response.status).toBe(200)
  expect(api.world.lastFilter).toEqual({
    camera: 'front_door',
    status: 'done',
    alerted: true,
    detected: false,
    risk_level: 'high',
    activity_type: 'delivery',
    q: 'van',
    since: '2025-12-31T23:00:00.000Z',
    until: '2026-01-02T00:00:00.000Z',
  })
})

test('a plus sign that was not escaped in an offset is understood', async () => {
  await using api = await runApi()
  await api.fetch('/api/v1/clips?since=2026-01-01T01:00:00+02:00')
  expect(api.world.lastFilter).toEqual({ since: '2025-12-31T23:00:00.000Z' })
})

test.each([
  ['since=2026-01-01T00:00:00', 400, 'TZ_REQUIRED'],
  ['until=2026-01-01', 400, 'TZ_REQUIRED'],
  ['since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z', 400, 'RANGE_INVALID'],
  ['since=yesterday', 422, 'VALIDATION_FAILED'],
  ['cursor=nonsense', 400, 'CURSOR_INVALID'],
  [`cursor=${Buffer.from('{"a":1}').toString('base64url')}`, 400, 'CURSOR_INVALID'],
  [`cursor=${Buffer.from('["2026-01-01T00:00:00","front_door_1.mp4"]').toString('base64url')}`, 400, 'CURSOR_INVALID'],
  [`cursor=${Buffer.from('["2026-01-01T00:00:00Z",""]').toString('base64url')}`, 400, 'CURSOR_INVALID'],
  ['limit=0', 422, 'VALIDATION_FAILED'],
  ['limit=101', 422, 'VALIDATION_FAILED'],
  ['risk_level=extreme', 422, 'VALIDATION_FAILED'],
  ['alerted=yes', 422, 'VALIDATION_FAILED'],
  ['camera=..%2Fetc', 422, 'VALIDATION_FAILED'],
  ['camera=a&camera=b', 422, 'VALIDATION_FAILED'],
  ['q=%00', 422, 'VALIDATION_FAILED'],
  ['camra=front_door', 422, 'VALIDATION_FAILED'],
])('?%s is refused with %i %s', async (query, status, code) => {
  await using api = await runApi()
  const response = await api.fetch(`/api/v1/clips?${query}`)
  expect(response.status).toBe(status)
  expect((await problemOf(response)).code).toBe(code)
})

test('a refusal names the parameter and never repeats what was sent', async () => {
  await using api = await runApi()
  const response = await api.fetch('/api/v1/clips?risk_level=CANARY-1&CANARY-2=x')
  const text = await response.text()
  expect(text).toContain('risk_level')
  expect(text).not.toContain('CANARY')
})

test('the motion of a clip is shown with the one clip', async () => {
  await using api = await runApi()
  api.world.add(aStoredClip({ motion_scores: [0, 4.5] }))
  expect(await (await api.fetch(`/api/v1/clips/${ID}`)).json()).toMatchObject({ motion_scores: [0, 4.5] })
})

test('an alert that was decided on and that no notifier told says so, with the reason of each', async () => {
  const world = new ApiWorld()
  const log = { attempts: 0, started_at: null, finished_at: null }
  const notifications = {
    phone: { ...log, status: 'skipped' as const, last_error: 'held: quiet_hours' },
    siren: { ...log, status: 'error' as const, attempts: 3, last_error: 'unavailable: down' },
  }
  world.add(aStoredClip({ alert_decision: { notify: true, notify_reason: 'risk_level=high' }, notifications }))
  await using api = await runApi({}, world)
  const clip = ClipViewSchema.parse(await (await api.fetch(`/api/v1/clips/${ID}`)).json())
  expect(clip).toMatchObject({ alert_decision: { notify: true }, alert_sent_at: null, notifications })
  const openApi = await (await api.fetch('/api/v1/openapi.json')).text()
  expect(openApi).toContain('Whether the decision was to notify.')
})

test('one clip is found by its id, and 404 answers every other id', async () => {
  await using api = await runApi({}, worldWith(1))
  const found = await api.fetch(`/api/v1/clips/${ID}`)
  expect(ClipViewSchema.parse(await found.json()).clip_id).toBe(ID)
  for (const id of ['front_door_1.mp4', '..%2F..%2Fetc%2Fpasswd', 'x'.repeat(150), 'x'.repeat(900), 'front_door_1.mp4%00']) {
    const response = await api.fetch(`/api/v1/clips/${id}`)
    expect([id, response.status]).toEqual([id, 404])
    await problemOf(response)
  }
})

test('events come in pages, and an unknown clip has none to ask for', async () => {
  await using api = await runApi({}, worldWith(1))
  for (const seq of [1, 2, 3]) {
    api.world.clipEvents.push({ event_type: 'clip_recovered', reason: 'restart', clip_id: ID, seq, ts: '2026-01-01T00:00:00.000Z' })
  }
  const first: unknown = await (await api.fetch(`/api/v1/clips/${ID}/events?limit=2`)).json()
  expect(first).toMatchObject({ events: [{ seq: 1, reason: 'restart' }, { seq: 2 }], next_after: 2 })
  const second: unknown = await (await api.fetch(`/api/v1/clips/${ID}/events?limit=2&after=2`)).json()
  expect(second).toMatchObject({ events: [{ seq: 3 }], next_after: null })
  expect((await api.fetch('/api/v1/clips/front_door_1.mp4/events')).status).toBe(404)
})

test('without a database lists answer 503, cameras, health and a single clip go on', async () => {
  await using api = await runApi({}, worldWith(1))
  api.world.databaseError = pluginError('unavailable', 'connection refused at secret-host')
  for (const path of ['/api/v1/clips', '/api/v1/stats', `/api/v1/clips/${ID}/events`]) {
    const response = await api.fetch(path)
    expect([path, response.status]).toEqual([path, 503])
    const problem = await problemOf(response)
    expect(problem.code).toBe('DB_UNAVAILABLE')
    expect(JSON.stringify(problem)).not.toContain('secret-host')
  }
  for (const path of ['/api/v1/cameras', '/api/v1/diagnostics', '/health', '/api/v1/health', `/api/v1/clips/${ID}`]) {
    expect([path, (await api.fetch(path)).status]).toEqual([path, 200])
  }
})

test('a query that the database refuses is our fault: 500, with nothing of it in the answer', async () => {
  await using api = await runApi()
  api.world.databaseError = pluginError('bug', 'syntax error at or near "CANARY"')
  const response = await api.fetch('/api/v1/clips')
  expect(response.status).toBe(500)
  const problem = await problemOf(response)
  expect(problem.code).toBe('INTERNAL_SERVER_ERROR')
  expect(JSON.stringify(problem)).not.toContain('CANARY')
})

test('a delete says what went', async () => {
  await using api = await runApi({}, worldWith(1))
  api.world.deletion = ok({ deleted_local: true, deleted_storage: false })
  const response = await api.fetch(`/api/v1/clips/${ID}`, { method: 'DELETE', headers: { 'x-api-key': 'correct-horse-battery-staple' } })
  expect(await response.json()).toEqual({ clip_id: ID, deleted_local: true, deleted_storage: false })
})

test.each([
  [ID, err(pluginError('unavailable', 'CANARY')), 500, 'DELETE_FAILED'],
  ['front_door_1.mp4', ok(null), 404, 'CLIP_NOT_FOUND'],
])('a delete of %s that fails says so', async (id, deletion, status, code) => {
  await using api = await runApi({}, worldWith(1))
  api.world.deletion = deletion
  const response = await api.fetch(`/api/v1/clips/${id}`, { method: 'DELETE', headers: { 'x-api-key': 'correct-horse-battery-staple' } })
  expect(response.status).toBe(status)
  const problem = await problemOf(response)
  expect(problem.code).toBe(code)
  expect(JSON.stringify(problem)).not.toContain('CANARY')
})
