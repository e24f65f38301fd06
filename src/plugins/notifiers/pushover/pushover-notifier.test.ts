import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AlertMedia } from '../../../contracts/alert.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import { anAlert, aSystemAlert } from '../../../testkit/builders.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { httpNotifierContract } from '../../../testkit/http-notifier-contract.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { CANARY_SECRET, notifierContract } from '../../../testkit/notifier-contract.ts'
import { built, configNames, testHost } from '../../../testkit/plugin-host.ts'
import { startPushoverServer, type PushoverBehaviour, type PushoverServer } from '../../../testkit/pushover-server.ts'
import { pushoverNotifier } from './plugin.ts'

const NO_MEDIA: AlertMedia = { thumbnail: null, replaces: null }
const JPEG = Uint8Array.of(255, 216, 255, 13, 10, 45, 45)
const KEYS = { token_env: 'TOKEN', user_env: 'USER' }
const signal = new AbortController().signal
const log = memoryLogger()

async function open(
  server: PushoverServer,
  changes: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Notifier> {
  const host = testHost({
    log,
    env: { TOKEN: CANARY_SECRET, USER: CANARY_SECRET, ...env },
    clock: new FakeClock('2026-01-01T00:00:00.000Z'),
  })
  return built(pushoverNotifier, { ...KEYS, base_url: server.url, ...changes }, host)
}

const serve = () => startPushoverServer({ token: CANARY_SECRET, user: CANARY_SECRET, devices: ['phone', 'tablet'] })

notifierContract('pushover', async () => {
  const server = await serve()
  const notifier = await open(server)
  return {
    notifier,
    server,
    log,
    received: async () => JSON.stringify(server.messages.map(({ fields }) => [fields['title'], fields['message']])),
    breakDown: async () => server.behave({ do: 'status', status: 400, body: { status: 0, token: CANARY_SECRET, errors: [CANARY_SECRET] } }),
  }
})

httpNotifierContract('pushover', async () => {
  const server = await serve()
  return { server, hang: () => server.behave({ do: 'hang' }), open: (config) => open(server, config) }
})

describe('pushover', () => {
  let server: PushoverServer
  beforeEach(async () => {
    server = await serve()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const sent = async (notifier: Notifier, alert = anAlert(), media = NO_MEDIA) => {
    expect(await notifier.send(alert, media, signal)).toMatchObject({ ok: true })
    return server.messages.at(-1)
  }

  test('an alert carries its picture, its link, and when it happened', async () => {
    const message = await sent(await open(server), anAlert({ view_url: 'https://nvr.example/c/1' }), { ...NO_MEDIA, thumbnail: JPEG })
    expect(message?.fields).toEqual({
      token: CANARY_SECRET,
      user: CANARY_SECRET,
      title: 'High risk at front_door: person at door',
      message: expect.stringMatching(/^A person stands at the door\.\nWhy you are told: risk_level=high\n/) as string,
      priority: '0',
      timestamp: '1767225600',
      url: 'https://nvr.example/c/1',
      url_title: 'Watch the clip',
    })
    expect(message?.attachment).toEqual(Buffer.from(JPEG))
  })

  test('pictures stay at home if so configured, or if they are too large', async () => {
    expect(
      (await sent(await open(server, { include_thumbnail: false }), anAlert(), { ...NO_MEDIA, thumbnail: JPEG }))?.attachment,
    ).toBeNull()
    const huge = { ...NO_MEDIA, thumbnail: new Uint8Array(5_242_881) }
    expect((await sent(await open(server), anAlert(), huge))?.attachment).toBeNull()
  })

  test.each([
    ['low', '-1'],
    ['medium', '0'],
    ['high', '0'],
    ['critical', '1'],
    [null, '0'],
  ] as const)('the priority of risk %s is %s', async (risk_level, priority) => {
    expect((await sent(await open(server), anAlert({ risk_level })))?.fields['priority']).toBe(priority)
  })

  test('devices, sound and life time go along', async () => {
    const notifier = await open(server, { devices: ['phone', 'tablet'], sound: 'siren', ttl_s: 3600 })
    expect((await sent(notifier))?.fields).toMatchObject({ device: 'phone,tablet', sound: 'siren', ttl: '3600' })
  })

  test('an emergency repeats until it expires, and what follows ends that', async () => {
    const notifier = await open(server, { priorities: { unjudged: 2 }, emergency: { retry_s: 30, expire_s: 600 }, ttl_s: 60 })
    const receipts: string[] = []
    const first = anAlert({ stage: 'first', risk_level: null })
    const message = await sent(notifier, first, { ...NO_MEDIA, onReceipt: (receipt) => receipts.push(receipt) })
    expect(message?.fields).toMatchObject({ priority: '2', retry: '30', expire: '600' })
    expect(message?.fields).not.toHaveProperty('ttl')
    await sent(notifier, anAlert({ stage: 'withdrawn' }), { ...NO_MEDIA, replaces: receipts[0] ?? '' })
    expect(server.messages).toHaveLength(1)
    await sent(notifier, anAlert(), { ...NO_MEDIA, replaces: receipts[0] ?? '' })
    expect(server.cancelled).toEqual(['receipt1', 'receipt1'])
    expect(server.messages).toHaveLength(2)
  })

  test('a withdrawal is silent unless it is wanted, and quiet then', async () => {
    await sent(await open(server), anAlert({ stage: 'withdrawn' }))
    expect(server.requests).toEqual([])
    const message = await sent(await open(server, { withdrawals: true }), anAlert({ stage: 'withdrawn', risk_level: 'critical' }))
    expect(message?.fields).toMatchObject({ priority: '-1', title: 'Nothing to worry about: person at front_door' })
  })

  test('a withdrawal comes again as long as the emergency goes on repeating, and is told once', async () => {
    const notifier = await open(server, { withdrawals: true })
    const withdrawn = [anAlert({ stage: 'withdrawn' }), { ...NO_MEDIA, replaces: 'receipt1' }, signal] as const
    server.behave({ do: 'status', status: 503 })
    expect(await notifier.send(...withdrawn)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    server.behave({ do: 'answer' })
    expect(await notifier.send(...withdrawn)).toMatchObject({ ok: true })
    expect(server.requests).toEqual(['/1/receipts/receipt1/cancel.json', '/1/receipts/receipt1/cancel.json', '/1/messages.json'])
  })

  test('text of any length and kind fits what Pushover takes', async () => {
    const evil = '🐕\r\n--boundary\r\n"; name="user"\u0000<b>'
    const alert = anAlert({
      summary: `${evil}${'🐕 wau '.repeat(400)}`,
      activity_type: evil.repeat(20),
      camera_name: 'x'.repeat(64),
      notify_reason: evil.repeat(50),
    })
    const notifier = await open(server)
    for (const view_url of [
      null,
      `https://a.example/${'x'.repeat(480)}`,
      `https://a.example/${'x'.repeat(600)}`,
      `https://a.example/${'x'.repeat(1500)}`,
    ]) {
      const message = await sent(notifier, { ...alert, view_url })
      expect(message?.fields['user']).toBe(CANARY_SECRET)
      expect(message?.fields['message']).toMatch(/00 on 202[56]-/)
    }
    expect(server.messages.map(({ fields }) => 'url' in fields)).toEqual([false, true, false, false])
    expect(server.messages[2]?.fields['message']).toContain(`\nhttps://a.example/${'x'.repeat(600)}`)
  })

  test('news about HomeSec comes too, or not if so configured', async () => {
    expect(await (await open(server)).sendSystem(aSystemAlert({ code: 'disk_full', camera_name: null }), signal)).toMatchObject({
      ok: true,
    })
    expect(await (await open(server, { system: false })).sendSystem(aSystemAlert(), signal)).toMatchObject({ ok: true })
    expect(server.messages.map(({ fields }) => fields['title'])).toEqual(['HomeSec: the disk is full'])
  })

  test('a digest of alerts comes also where news about HomeSec does not', async () => {
    const digest = aSystemAlert({ code: 'quiet_digest', message: '2 alerts were held back' })
    expect(await (await open(server, { system: false })).sendSystem(digest, signal)).toMatchObject({ ok: true })
    expect(server.messages[0]?.fields['message']).toContain('2 alerts were held back')
  })

  test('ping asks whether the keys and devices are known, and sends nothing', async () => {
    expect(await (await open(server, { devices: ['phone', 'tablet'] })).ping(signal)).toMatchObject({ ok: true })
    expect(server.requests).toEqual(['/1/users/validate.json', '/1/users/validate.json'])
  })

  test.each([
    [{}, { TOKEN: 'wrong' }, 'rejected', 'token_env (TOKEN)'],
    [{}, { USER: 'wrong' }, 'rejected', 'user_env (USER)'],
    [{ user_env: 'NOWHERE' }, {}, 'rejected', 'NOWHERE (user_env)'],
    [{ devices: ['fridge'] }, {}, 'invalid', 'devices'],
  ])('with %j %j, ping and alerts say what to change', async (changes, env: Record<string, string>, kind, words) => {
    const notifier = await open(server, changes, env)
    const expected = { ok: false, error: { kind, message: expect.stringContaining(words) as string } }
    expect(await notifier.ping(signal)).toMatchObject(expected)
    expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject(expected)
  })

  test('a sound that Pushover does not know is named', async () => {
    const refused = await (await open(server, { sound: 'yodel' })).send(anAlert(), NO_MEDIA, signal)
    expect(refused).toMatchObject({ ok: false, error: { kind: 'invalid', message: 'Pushover refused the message because of sound (400)' } })
  })

  const status = (code: number, headers: Readonly<Record<string, string>> = {}, body?: unknown): PushoverBehaviour => ({
    do: 'status',
    status: code,
    headers,
    body,
  })
  test.each([
    [status(429, { 'x-limit-app-reset': '1767312000' }), 'unavailable', 86_400_000],
    [status(429, { 'retry-after': '9' }), 'unavailable', 9000],
    [status(429), 'unavailable', undefined],
    [status(500), 'unavailable', 5000],
    [status(503), 'unavailable', 5000],
    [status(200, {}, { status: 0, errors: ['no'] }), 'invalid', undefined],
    [status(200, {}, 'welcome to the hotel'), 'unavailable', undefined],
    [status(302, { location: 'http://127.0.0.1:1/' }), 'invalid', undefined],
    [status(403), 'rejected', undefined],
    [status(413), 'invalid', undefined],
    [{ do: 'cut' } as const, 'unavailable', undefined],
  ])('an answer like %j is "%s"', async (behaviour, kind, waitMs) => {
    server.behave(behaviour)
    const refused = await (await open(server)).send(anAlert(), NO_MEDIA, signal)
    expect(refused).toMatchObject({ ok: false, error: { kind } })
    expect(refused.ok ? null : refused.error.retryAfterMs).toBe(waitMs)
    expect(server.requests).toHaveLength(1)
  })

  test('an alert whose answer breaks off is sent, without a receipt', async () => {
    server.behave({ do: 'cut_answer' })
    const onReceipt = () => expect.unreachable('the receipt was lost')
    expect(await (await open(server)).send(anAlert(), { ...NO_MEDIA, onReceipt }, signal)).toMatchObject({ ok: true })
    expect(server.requests).toHaveLength(1)
  })

  test('two requests at once are all that Pushover wants', async () => {
    server.behave({ do: 'hang' })
    const notifier = await open(server)
    const sending = Promise.all(Array.from({ length: 5 }, () => notifier.send(anAlert(), NO_MEDIA, signal)))
    await expect.poll(() => server.requests.length).toBe(2)
    await notifier[Symbol.asyncDispose]()
    expect((await sending).map((each) => each.ok || each.error.kind)).toEqual(Array(5).fill('cancelled'))
    expect(server.requests).toHaveLength(2)
  })
})

test.each([
  [{}, ['token_env', 'user_env']],
  [{ ...KEYS, token: CANARY_SECRET }, ['token']],
  [{ ...KEYS, user_env: `${CANARY_SECRET}!` }, ['user_env']],
  [{ ...KEYS, priorities: { critical: 3 } }, ['priorities.critical']],
  [{ ...KEYS, emergency: { retry_s: 10 } }, ['emergency.retry_s']],
  [{ ...KEYS, emergency: { expire_s: 20_000 } }, ['emergency.expire_s']],
  [{ ...KEYS, devices: ['a phone'] }, ['devices.0']],
  [{ ...KEYS, base_url: 'http://api.pushover.net' }, ['base_url']],
])('a mistake is reported at its path, without repeating what was written: %j', (config, paths) => {
  const problems = pushoverNotifier.problems(config, configNames())
  expect(problems.map((problem) => problem.path.join('.'))).toEqual(paths)
  expect(JSON.stringify(problems)).not.toContain(CANARY_SECRET)
})
