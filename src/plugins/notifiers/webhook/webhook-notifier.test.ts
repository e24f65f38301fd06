import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Notifier } from '../../../contracts/notifier.ts'
import { anAlert, aSystemAlert } from '../../../testkit/builders.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { listenHttp, readBody } from '../../../testkit/http-fake.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { CANARY_SECRET, notifierContract } from '../../../testkit/notifier-contract.ts'
import { built, configNames, testHost } from '../../../testkit/plugin-host.ts'
import { readForm } from '../../../testkit/read-form.ts'
import { webhookNotifier } from './plugin.ts'

const NO_MEDIA = { thumbnail: null, replaces: null }
const signal = new AbortController().signal
const names = configNames()

interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly bytes: Buffer
}

/** A web server that keeps what it received and answers as told. */
async function aReceiver() {
  const received: Received[] = []
  const receiver = {
    received,
    answer: (response: ServerResponse): void => void response.writeHead(204).end(),
  }
  const server = await listenHttp(async (request, response) => {
    const bytes = await readBody(request)
    const { method = '', url = '', headers } = request
    received.push({ method, url, headers, body: bytes.toString(), bytes })
    receiver.answer(response)
  })
  return Object.assign(receiver, { ...server, url: `${server.url}/hook` })
}

const CANARIES = { AUTH: `Bearer ${CANARY_SECRET}`, KEY: CANARY_SECRET }
const log = memoryLogger()

async function open(config: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}): Promise<Notifier> {
  return built(webhookNotifier, config, testHost({ env, log, clock: new FakeClock('2026-01-01T00:00:00.000Z') }))
}

notifierContract('webhook', async () => {
  const receiver = await aReceiver()
  const notifier = await open(
    { url_env: 'URL', auth_header_env: 'AUTH', secret_env: 'KEY' },
    { ...CANARIES, URL: `${receiver.url}?token=${CANARY_SECRET}` },
  )
  return {
    notifier,
    server: receiver,
    log,
    received: async () => JSON.stringify(receiver.received.map((request) => request.body)),
    breakDown: async () => {
      receiver.answer = (response) => void response.writeHead(500).end(`you sent ${CANARY_SECRET}`)
    },
  }
})

describe('webhook', () => {
  let receiver: Awaited<ReturnType<typeof aReceiver>>
  beforeEach(async () => {
    receiver = await aReceiver()
  })
  afterEach(() => receiver[Symbol.asyncDispose]())

  const sendTo = async (config: Readonly<Record<string, unknown>> = {}, env: Readonly<Record<string, string>> = {}) => {
    const notifier = await open({ url: receiver.url, ...config }, env)
    return notifier.send(anAlert(), { thumbnail: Uint8Array.of(255, 216, 255), replaces: null }, signal)
  }

  test('an alert is a POST with the alert and its picture', async () => {
    expect(await sendTo({ headers: { 'X-House': 'mine' } })).toEqual({ ok: true, value: undefined })
    const [request] = receiver.received
    expect(request).toMatchObject({
      method: 'POST',
      url: '/hook',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'front_door_1767225600.mp4', 'x-house': 'mine' },
    })
    expect(JSON.parse(request?.body ?? '')).toEqual({ type: 'alert', alert: anAlert(), thumbnail: '/9j/' })
  })

  test('the picture stays at home if so configured', async () => {
    expect(await sendTo({ include_thumbnail: false, method: 'PUT' })).toMatchObject({ ok: true })
    expect(receiver.received[0]?.method).toBe('PUT')
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ thumbnail: null })
  })

  test('news about the system is marked as such, and can be switched off', async () => {
    const loud = await open({ url: receiver.url })
    expect(await loud.sendSystem(aSystemAlert(), signal)).toMatchObject({ ok: true })
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual({ type: 'system', system: aSystemAlert(), thumbnail: null })
    const quiet = await open({ url: receiver.url, system: false })
    expect(await quiet.sendSystem(aSystemAlert(), signal)).toMatchObject({ ok: true })
    expect(receiver.received).toHaveLength(1)
  })

  test.each([
    [{}, 'application/json'],
    [{ template: '{{title}}', content_type: 'text/plain' }, 'application/json'],
    [{ content_type: 'application/vnd.mine+json' }, 'application/vnd.mine+json'],
  ])('a digest of alerts comes also where news about the system is switched off: %j', async (config, contentType) => {
    const digest = aSystemAlert({ code: 'quiet_digest' })
    const quiet = await open({ url: receiver.url, system: false, ...config })
    expect(await quiet.sendSystem(digest, signal)).toMatchObject({ ok: true })
    expect(receiver.received[0]?.headers['content-type']).toBe(contentType)
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual({ type: 'system', system: digest, thumbnail: null })
  })

  test('every stage is sent, each under a key of its own, unless the config picks', async () => {
    const all = await open({ url: receiver.url })
    const some = await open({ url: receiver.url, stages: ['verdict'] })
    for (const stage of ['first', 'verdict', 'withdrawn'] as const) {
      expect(await all.send(anAlert({ stage }), NO_MEDIA, signal)).toMatchObject({ ok: true })
      expect(await some.send(anAlert({ stage, clip_id: 'x' }), NO_MEDIA, signal)).toMatchObject({ ok: true })
    }
    expect(receiver.received.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'front_door_1767225600.mp4:first',
      'front_door_1767225600.mp4',
      'x',
      'front_door_1767225600.mp4:withdrawn',
    ])
    expect(receiver.received[0]?.body).toContain('"stage":"first"')
  })

  test('a template is the body, of the type the config says', async () => {
    expect(await sendTo({ template: '{{title}} {{thumbnail}}', content_type: 'text/plain', system: false })).toMatchObject({ ok: true })
    expect(receiver.received[0]).toMatchObject({
      body: 'High risk at front_door: person at door /9j/',
      headers: { 'content-type': 'text/plain' },
    })
    const notifier = await open({ url: receiver.url, template: {}, system_template: { text: '{{title}}', urgency: '{{urgency | json}}' } })
    expect(await notifier.sendSystem(aSystemAlert(), signal)).toMatchObject({ ok: true })
    expect(JSON.parse(receiver.received[1]?.body ?? '')).toEqual({ text: 'HomeSec, front_door: a step keeps failing', urgency: 8 })
  })

  test.each([
    [{}, ['payload_json', 'files[0]']],
    [{ include_thumbnail: false }, ['payload_json']],
    [{ multipart: { body_part: 'json', file_part: 'picture' } }, ['json', 'picture']],
  ])('the picture can be a part of a form, and the signature is over the whole of it: %j', async (config, names) => {
    expect(await sendTo({ multipart: {}, secret_env: 'KEY', ...config }, CANARIES)).toMatchObject({ ok: true })
    const { headers = {}, bytes = Buffer.alloc(0) } = receiver.received[0] ?? {}
    const parts = readForm(headers['content-type'] ?? '', bytes) ?? []
    expect(parts.map(({ name }) => name)).toEqual(names)
    expect(JSON.parse(parts[0]?.content.toString() ?? '')).toEqual({ type: 'alert', alert: anAlert(), thumbnail: null })
    if (parts.length > 1) expect(parts[1]).toMatchObject({ contentType: 'image/jpeg', content: Buffer.from([255, 216, 255]) })
    const expected = createHmac('sha256', CANARIES.KEY).update('1767225600.').update(bytes).digest('hex')
    expect(headers['x-homesec-signature']).toBe(`sha256=${expected}`)
  })

  test('the receiver can check who sent it, and when', async () => {
    expect(await sendTo({ auth_header_env: 'AUTH', secret_env: 'KEY' }, CANARIES)).toMatchObject({ ok: true })
    const headers = receiver.received[0]?.headers ?? {}
    const body = receiver.received[0]?.body ?? ''
    expect(headers.authorization).toBe(CANARIES.AUTH)
    expect(headers['x-homesec-timestamp']).toBe('1767225600')
    const expected = createHmac('sha256', CANARIES.KEY).update(`1767225600.${body}`).digest('hex')
    expect(headers['x-homesec-signature']).toBe(`sha256=${expected}`)
  })

  test.each([
    [{ auth_header_env: 'AUTH' }, {}],
    [{ secret_env: 'KEY' }, {}],
    [{ auth_header_env: 'AUTH' }, { AUTH: `two\r\nlines: ${CANARY_SECRET}` }],
  ])('a secret that is missing or unusable stops the request instead of weakening it: %j', async (config, env: Record<string, string>) => {
    const sent = await sendTo(config, env)
    expect(sent).toMatchObject({ ok: false, error: { kind: 'rejected' } })
    expect(JSON.stringify(sent)).not.toContain(CANARY_SECRET)
    expect(receiver.received).toEqual([])
  })

  test.each([
    [200, 'ok'],
    [202, 'ok'],
    [302, 'invalid'],
    [307, 'invalid'],
    [400, 'invalid'],
    [401, 'rejected'],
    [403, 'rejected'],
    [404, 'invalid'],
    [408, 'unavailable'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('status %i means %s, and the body of the answer is not repeated', async (status, meaning) => {
    receiver.answer = (response) => void response.writeHead(status, { location: receiver.url }).end(CANARY_SECRET)
    const sent = await sendTo()
    expect(sent.ok ? 'ok' : sent.error.kind).toBe(meaning)
    if (!sent.ok) expect(sent.error.message).toContain(String(status))
    expect(JSON.stringify(sent)).not.toContain(CANARY_SECRET)
    expect(receiver.received).toHaveLength(1)
  })

  test.each([
    ['30', 30_000],
    ['Thu, 01 Jan 2026 00:02:00 GMT', 120_000],
    ['nonsense', undefined],
  ])('Retry-After %j is passed on as %s ms', async (header, ms) => {
    receiver.answer = (response) => void response.writeHead(429, { 'retry-after': header }).end()
    const sent = await sendTo()
    expect(sent.ok ? null : sent.error.retryAfterMs).toBe(ms)
  })

  test('a receiver that never answers is a timeout', async () => {
    receiver.answer = () => undefined
    expect(await sendTo({ timeout_s: 0.05 })).toMatchObject({ ok: false, error: { kind: 'timeout' } })
  })

  test('once the status is there, a body that never ends does not turn success into failure', async () => {
    receiver.answer = (response) => void response.writeHead(200).write('…')
    expect(await sendTo({ timeout_s: 3 })).toMatchObject({ ok: true })
    receiver.answer = (response) => void response.writeHead(200).end(Buffer.alloc(5_000_000))
    expect(await sendTo()).toMatchObject({ ok: true })
  })

  test('a call under way ends at once when its signal aborts or the notifier is disposed', async () => {
    receiver.answer = () => undefined
    const notifier = await open({ url: receiver.url })
    const controller = new AbortController()
    const first = notifier.send(anAlert(), NO_MEDIA, controller.signal)
    controller.abort()
    expect(await first).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    const second = notifier.send(anAlert(), NO_MEDIA, signal)
    await notifier[Symbol.asyncDispose]()
    expect(await second).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })

  test('nobody there is "unavailable", and ping says so without sending anything', async () => {
    const notifier = await open({ url: receiver.url })
    expect(await notifier.ping(signal)).toMatchObject({ ok: true })
    expect(receiver.received).toEqual([])
    await receiver[Symbol.asyncDispose]()
    expect(await notifier.ping(signal)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    receiver = await aReceiver()
  })

  test('a URL from the environment is held to the same rules', async () => {
    const notifier = await open({ url_env: 'URL' }, { URL: `http://user:${CANARY_SECRET}@127.0.0.1/` })
    const sent = await notifier.send(anAlert(), NO_MEDIA, signal)
    expect(sent).toMatchObject({ ok: false, error: { kind: 'invalid', message: expect.stringContaining('auth_header_env') as string } })
    expect(JSON.stringify(sent)).not.toContain(CANARY_SECRET)
    const unset = await open({ url_env: 'URL' })
    expect(await unset.ping(signal)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })
})

test.each([
  [{}, 'url'],
  [{ url: 'https://a.example', url_env: 'URL' }, 'url'],
  [{ url: `https://user:${CANARY_SECRET}@a.example` }, 'url'],
  [{ url: `file:///etc/${CANARY_SECRET}` }, 'url'],
  [{ url: CANARY_SECRET }, 'url'],
  [{ url: 'https://a.example', headers: { Authorization: CANARY_SECRET } }, 'headers.Authorization'],
  [{ url: 'https://a.example', headers: { Host: 'b' } }, 'headers.Host'],
  [{ url: 'https://a.example', headers: { 'X-A': `a\r\nX-B: ${CANARY_SECRET}` } }, 'headers.X-A'],
  [{ url: 'https://a.example', method: 'GET' }, 'method'],
  [{ url: 'https://a.example', secret: CANARY_SECRET }, 'secret'],
  [{ url: 'https://a.example', template: { a: ['{{canary}}'] }, system: false }, 'template.a.0'],
  [{ url: 'https://a.example', template: { a: '{{title}}' } }, 'system_template'],
  [{ url: 'https://a.example', system_template: { a: '{{risk_level}}' } }, 'system_template.a'],
  [{ url: 'https://a.example', template: 3, system: false }, 'template'],
  [{ url: 'https://a.example', content_type: 'text' }, 'content_type'],
  [{ url: 'https://a.example', multipart: { file_part: 'a"b' } }, 'multipart.file_part'],
  [{ url: 'https://a.example', stages: [] }, 'stages'],
])('a mistake is reported at its path, without repeating what was written: %j', (config, path) => {
  const problems = webhookNotifier.problems(config, names)
  expect(problems.map((problem) => problem.path.join('.'))).toEqual([path])
  expect(JSON.stringify(problems)).not.toContain(CANARY_SECRET)
})
