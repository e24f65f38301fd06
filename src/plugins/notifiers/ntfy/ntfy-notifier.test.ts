import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Alert } from '../../../contracts/alert.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import { anAlert, aSystemAlert } from '../../../testkit/builders.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { httpNotifierContract } from '../../../testkit/http-notifier-contract.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { CANARY_SECRET, notifierContract } from '../../../testkit/notifier-contract.ts'
import type { NtfyOptions } from '../../../testkit/ntfy-rules.ts'
import { startNtfyServer, type NtfyFault, type NtfyServer } from '../../../testkit/ntfy-server.ts'
import { built, configNames, testHost } from '../../../testkit/plugin-host.ts'
import { ntfyNotifier } from './plugin.ts'

const JPEG = Uint8Array.of(255, 216, 255, 217)
const NO_MEDIA = { thumbnail: null, replaces: null }
const BEARER = `Bearer ${CANARY_SECRET}`
const signal = new AbortController().signal

const ENV = { TOPIC: CANARY_SECRET, TOKEN: CANARY_SECRET, USERNAME: 'homesec', PASSWORD: CANARY_SECRET, SPACED: 'my topic' }

async function open(config: Readonly<Record<string, unknown>>, log = memoryLogger()): Promise<Notifier> {
  const clock = new FakeClock('2026-01-01T00:00:00.000Z')
  return built(ntfyNotifier, { topic_env: 'TOPIC', ...config }, testHost({ env: ENV, log, clock }))
}

notifierContract('ntfy', async () => {
  const authorization = `Basic ${Buffer.from(`homesec:${CANARY_SECRET}`).toString('base64')}`
  const server = await startNtfyServer({ authorization })
  const log = memoryLogger()
  const notifier = await open({ url: server.url, username_env: 'USERNAME', password_env: 'PASSWORD' }, log)
  return {
    notifier,
    server,
    log,
    received: async () => JSON.stringify(server.notifications),
    breakDown: async () => server.failAlways({ do: 'refuse', status: 500, message: `${CANARY_SECRET} is in trouble` }),
  }
})

httpNotifierContract('ntfy', async () => {
  const server = await startNtfyServer()
  return { server, hang: () => server.failAlways({ do: 'hang' }), open: (config) => open({ url: server.url, ...config }) }
})

describe('ntfy', () => {
  let server: NtfyServer
  beforeEach(async () => {
    server = await startNtfyServer()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const restart = async (options: NtfyOptions) => {
    await server[Symbol.asyncDispose]()
    server = await startNtfyServer(options)
  }
  const openHere = (config: Readonly<Record<string, unknown>> = {}, log = memoryLogger()) => open({ url: server.url, ...config }, log)
  const sendTo = async (notifier: Notifier, alert: Partial<Alert> = {}, thumbnail: Uint8Array | null = JPEG) => {
    expect(await notifier.send(anAlert(alert), { thumbnail, replaces: null }, signal)).toMatchObject({ ok: true })
  }

  test('an alert is a notification with its picture, and a touch on it opens the clip', async () => {
    await sendTo(await openHere({ tags: ['home'] }), { view_url: 'https://nvr.example/c/ä' })
    expect(server.notifications).toMatchObject([
      {
        topic: CANARY_SECRET,
        title: 'High risk at front_door: person at door',
        priority: 4,
        tags: ['warning', 'home'],
        click: 'https://nvr.example/c/%C3%A4',
        attachment: { name: 'alert.jpg', bytes: Buffer.from(JPEG) },
      },
    ])
    expect(server.notifications[0]?.message).toMatch(/^A person stands at the door\.\nWhy you are told: risk_level=high\n\d\d:\d\d:00 on /)
  })

  test.each([
    ['without a picture', {}, null],
    ['with pictures kept at home', { include_thumbnail: false }, JPEG],
  ])('%s the same words come alone', async (_how, config, thumbnail) => {
    await sendTo(await openHere(config), {}, thumbnail)
    expect(server.notifications).toMatchObject([{ attachment: null }])
    expect(server.notifications[0]?.message).toMatch(/^A person stands at the door\.\nWhy/)
  })

  test.each([
    [{ risk_level: 'low' }, {}, 2],
    [{ risk_level: 'critical' }, {}, 5],
    [{ risk_level: null }, {}, 3],
    [{ risk_level: 'low' }, { priority: { low: 1 } }, 1],
    [{ risk_level: null, stage: 'first' }, { priority: { unknown: 4 } }, 4],
  ] as const)('risk decides how loud it is: %j with %j', async (alert, config, priority) => {
    await sendTo(await openHere(config), alert)
    expect(server.notifications[0]?.priority).toBe(priority)
  })

  test.each([
    ['with a picture', JPEG],
    ['without', null],
  ])('words of any language and length fit, %s', async (_how, thumbnail) => {
    const summary = 'Straße 🦊 "<b>" =?UTF-8?B?AAAA?= \\n '.repeat(60)
    await sendTo(await openHere(), { camera_name: 'tür', summary, notify_reason: '🦊'.repeat(300) }, thumbnail)
    expect(server.notifications[0]?.title).toBe('High risk at tür: person at door')
    expect(server.notifications[0]?.message).toMatch(
      /^Straße 🦊 "<b>" .*…\nWhy you are told: 🦊+…?\n\d\d:\d\d:00 on 20\d\d-\d\d-\d\d, 10 s$/su,
    )
  })

  test('the verdict replaces the first alert, and one that is sent twice is shown once', async () => {
    const notifier = await openHere()
    await sendTo(notifier, { stage: 'first', risk_level: null })
    await sendTo(notifier)
    await sendTo(notifier)
    expect(server.notifications).toMatchObject([{ title: 'High risk at front_door: person at door', updates: 2 }])
    await sendTo(notifier, { clip_id: 'front_door_2.mp4' })
    expect(server.notifications).toHaveLength(2)
  })

  test('a withdrawn alert disappears, also when it is withdrawn twice', async () => {
    const notifier = await openHere()
    await sendTo(notifier, { stage: 'first' })
    await sendTo(notifier, { stage: 'withdrawn' })
    await sendTo(notifier, { stage: 'withdrawn' })
    expect(server.notifications).toEqual([])
  })

  test('a server too old to replace shows both stages, and nothing about a withdrawal', async () => {
    await restart({ sequences: false })
    const notifier = await openHere()
    await sendTo(notifier, { stage: 'first' })
    await sendTo(notifier)
    await sendTo(notifier, { stage: 'withdrawn' })
    expect(server.notifications.map(({ updates }) => updates)).toEqual([0, 0])
  })

  test.each<[string, NtfyOptions, NtfyFault | null]>([
    ['takes no attachments', { attachments: false }, null],
    ['finds it too large', { mostAttachmentBytes: 3 }, null],
    ['has used up its bandwidth', {}, { do: 'refuse', status: 429, code: 42905 }],
    ['has a proxy that finds it too large', {}, { do: 'refuse', status: 413 }],
  ])('a picture does not hold back the alert when the server %s', async (_why, options, fault) => {
    await restart(options)
    if (fault !== null) server.fail(fault)
    const log = memoryLogger()
    await sendTo(await openHere({}, log))
    expect(server.notifications).toMatchObject([{ attachment: null }])
    expect(log.lines.map(({ fields }) => fields['event_type'])).toEqual(['ntfy_picture_refused'])
  })

  test.each<[NtfyFault, string, object]>([
    [{ do: 'refuse', status: 429, code: 42901, retryAfter: '30' }, 'unavailable', { retryAfterMs: 30_000 }],
    [{ do: 'refuse', status: 429, code: 42908, message: CANARY_SECRET }, 'unavailable', {}],
    [{ do: 'refuse', status: 507, code: 50701 }, 'unavailable', {}],
    [{ do: 'refuse', status: 500 }, 'unavailable', {}],
    [
      { do: 'refuse', status: 400, code: 40007, message: CANARY_SECRET },
      'invalid',
      { message: expect.stringContaining('40007') as string },
    ],
    [{ do: 'refuse', status: 302 }, 'invalid', { message: expect.stringContaining('url') as string }],
    [{ do: 'refuse', status: 404 }, 'invalid', { message: expect.stringContaining('url') as string }],
    [{ do: 'refuse', status: 200 }, 'unavailable', { message: expect.stringContaining('not ntfy') as string }],
    [{ do: 'cut' }, 'unavailable', {}],
  ])('%j is an error of kind %s, once', async (fault, kind, more) => {
    const notifier = await openHere()
    server.fail(fault)
    const sent = await notifier.send(anAlert(), { thumbnail: JPEG, replaces: null }, signal)
    expect(sent).toMatchObject({ ok: false, error: { kind, ...more } })
    expect(inspect(sent, { depth: 9, showHidden: true })).not.toContain(CANARY_SECRET)
    await sendTo(notifier)
  })

  test('an alert whose answer breaks off is published', async () => {
    server.fail({ do: 'cut_answer' })
    await sendTo(await openHere())
    expect(server.notifications).toMatchObject([{ updates: 0 }])
  })

  test('ping publishes nothing', async () => {
    await restart({ authorization: BEARER })
    expect(await (await openHere({ token_env: 'TOKEN' })).ping(signal)).toMatchObject({ ok: true })
    expect(server.requests.map(({ method }) => method)).toEqual(['GET'])
  })

  test('an account that may write and not read is fine, and still nothing is published', async () => {
    await restart({ authorization: BEARER, mayRead: false })
    expect(await (await openHere({ token_env: 'TOKEN' })).ping(signal)).toMatchObject({ ok: true })
    expect(server.notifications).toEqual([])
  })

  test.each([
    [{}, 'rejected', 'set token_env'],
    [{ token_env: 'USERNAME' }, 'rejected', 'USERNAME'],
    [{ username_env: 'USERNAME', password_env: 'USERNAME' }, 'rejected', 'USERNAME and USERNAME'],
    [{ token_env: 'UNSET' }, 'rejected', 'UNSET is not set'],
    [{ token_env: 'SPACED' }, 'rejected', 'SPACED'],
    [{ token_env: 'TOKEN', topic_env: 'UNSET' }, 'invalid', 'UNSET is not set'],
    [{ token_env: 'TOKEN', topic_env: 'SPACED' }, 'invalid', 'SPACED'],
  ])('a wrong setting is named by send and ping: %j', async (config, kind, words) => {
    await restart({ authorization: BEARER })
    const notifier = await openHere(config)
    const expected = { ok: false, error: { kind, message: expect.stringContaining(words) as string } }
    expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject(expected)
    expect(await notifier.ping(signal)).toMatchObject(expected)
    expect(await notifier.send(anAlert({ stage: 'withdrawn' }), NO_MEDIA, signal)).toMatchObject(expected)
    expect(server.notifications).toEqual([])
  })

  test('news about the system is as loud as it is serious, and can be switched off', async () => {
    const notifier = await openHere()
    for (const severity of ['info', 'warning', 'error'] as const)
      expect(await notifier.sendSystem(aSystemAlert({ severity }), signal)).toMatchObject({ ok: true })
    expect(server.notifications.map(({ priority }) => priority)).toEqual([2, 3, 4])
    expect(await (await openHere({ system: false })).sendSystem(aSystemAlert(), signal)).toEqual({ ok: true, value: undefined })
    expect(server.notifications).toHaveLength(3)
  })

  test.each(['quiet_digest', 'recovery_digest'] as const)('a %s comes also where news about the system is switched off', async (code) => {
    const digest = aSystemAlert({ code, message: '2 alerts were held back' })
    expect(await (await openHere({ system: false })).sendSystem(digest, signal)).toMatchObject({ ok: true })
    expect(server.notifications[0]?.message).toContain('2 alerts were held back')
  })
})

test.each([
  [{}, ['topic']],
  [{ topic: 'a', topic_env: 'T' }, ['topic']],
  [{ topic: 'a/b' }, ['topic']],
  [{ topic: 'a', url: 'http://ntfy.example' }, ['url']],
  [{ topic: 'a', url: `https://user:${CANARY_SECRET}@ntfy.example` }, ['url']],
  [{ topic: 'a', username_env: 'U' }, ['username_env']],
  [{ topic: 'a', username_env: 'U', password_env: 'P', token_env: 'T' }, ['token_env']],
  [{ topic: 'a', priority: { low: 6 } }, ['priority.low']],
  [{ topic: 'a', tags: ['a,b'] }, ['tags.0']],
  [{ topic: 'a', token: CANARY_SECRET }, ['token']],
  [{ topic: 'a', url: 'http://ntfy.lan/behind/', token_env: 'T' }, []],
])('a mistake is reported at its path: %j', (config, paths) => {
  const problems = ntfyNotifier.problems(config, configNames())
  expect(problems.map((problem) => problem.path.join('.'))).toEqual(paths)
  expect(JSON.stringify(problems)).not.toContain(CANARY_SECRET)
})
