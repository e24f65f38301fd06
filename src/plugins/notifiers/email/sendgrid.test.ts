import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Notifier } from '../../../contracts/notifier.ts'
import { anAlert, aSystemAlert } from '../../../testkit/builders.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { httpNotifierContract } from '../../../testkit/http-notifier-contract.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { CANARY_SECRET, notifierContract } from '../../../testkit/notifier-contract.ts'
import { built, testHost } from '../../../testkit/plugin-host.ts'
import { startSendGridServer, type SendGridBehaviour, type SendGridServer } from '../../../testkit/sendgrid-server.ts'
import { emailNotifier } from './plugin.ts'

const NO_MEDIA = { thumbnail: null, replaces: null }
const signal = new AbortController().signal
const log = memoryLogger()

async function open(
  server: SendGridServer,
  changes: Readonly<Record<string, unknown>> = {},
  env: Readonly<Record<string, string>> = { KEY: CANARY_SECRET },
): Promise<Notifier> {
  const sendgrid = { api_key_env: 'KEY', base_url: server.url }
  const config = { sendgrid, from: 'HomeSec <homesec@example.org>', to: ['Ann <ann@example.org>'], ...changes }
  return built(emailNotifier, config, testHost({ log, env, clock: new FakeClock('2026-01-01T00:00:00.000Z') }))
}

notifierContract('email by SendGrid', async () => {
  const server = await startSendGridServer({ apiKey: CANARY_SECRET })
  const notifier = await open(server)
  return {
    notifier,
    server,
    log,
    received: async () => JSON.stringify(server.mails),
    breakDown: async () => server.behave({ do: 'status', status: 401, message: `not with ${CANARY_SECRET}` }),
  }
})

httpNotifierContract('email by SendGrid', async () => {
  const server = await startSendGridServer({ apiKey: CANARY_SECRET })
  return { server, hang: () => server.behave({ do: 'hang' }), open: (config) => open(server, config) }
})

describe('a mail by SendGrid', () => {
  let server: SendGridServer
  beforeEach(async () => {
    server = await startSendGridServer({ apiKey: CANARY_SECRET, senders: ['homesec@example.org'] })
  })
  afterEach(() => server[Symbol.asyncDispose]())

  test('shows the picture inline, and nobody follows who clicks', async () => {
    const alert = anAlert({ view_url: 'https://nvr.example/c/1' })
    expect(await (await open(server)).send(alert, { thumbnail: Uint8Array.of(255, 216, 255), replaces: null }, signal)).toMatchObject({
      ok: true,
    })
    expect(server.mails).toMatchObject([
      {
        personalizations: [{ to: [{ email: 'ann@example.org', name: 'Ann' }] }],
        from: { email: 'homesec@example.org', name: 'HomeSec' },
        subject: 'High risk at front_door: person at door',
        content: [
          { type: 'text/plain', value: expect.stringContaining('A person stands at the door.') as string },
          { type: 'text/html', value: expect.stringMatching(/cid:picture@homesec[\s\S]*href="https:\/\/nvr\.example\/c\/1"/) as string },
        ],
        attachments: [{ content: '/9j/', type: 'image/jpeg', disposition: 'inline', content_id: 'picture@homesec' }],
        tracking_settings: { click_tracking: { enable: false }, open_tracking: { enable: false } },
      },
    ])
  })

  test('what follows a first alert is an answer to it', async () => {
    const notifier = await open(server)
    const receipts: string[] = []
    const onReceipt = (receipt: string) => void receipts.push(receipt)
    expect(await notifier.send(anAlert({ stage: 'first' }), { ...NO_MEDIA, onReceipt }, signal)).toMatchObject({ ok: true })
    expect(await notifier.send(anAlert(), { thumbnail: null, replaces: receipts[0] ?? '' }, signal)).toMatchObject({ ok: true })
    expect(server.mails.map(({ headers }) => headers?.['In-Reply-To'])).toEqual([undefined, receipts[0]])
    expect(server.mails[0]?.headers?.['Message-ID']).toBe(receipts[0])
  })

  test('copies stand in their own lists, and lists that are empty are left out', async () => {
    expect(await (await open(server, { cc: ['bob@example.org'] })).sendSystem(aSystemAlert(), signal)).toMatchObject({ ok: true })
    const [personalization] = server.mails[0]?.personalizations ?? []
    expect(personalization).toEqual({ to: [{ email: 'ann@example.org', name: 'Ann' }], cc: [{ email: 'bob@example.org' }] })
  })

  test('a digest of alerts comes also where news about HomeSec itself does not', async () => {
    const notifier = await open(server, { system: false })
    for (const code of ['disk_full', 'quiet_digest'] as const)
      expect(await notifier.sendSystem(aSystemAlert({ code }), signal)).toMatchObject({ ok: true })
    expect(server.mails).toHaveLength(1)
  })

  test('ping asks what the key may do, and sends nothing', async () => {
    expect(await (await open(server)).ping(signal)).toMatchObject({ ok: true })
    await using limited = await startSendGridServer({ apiKey: CANARY_SECRET, scopes: ['stats.read'] })
    const refused = await (await open(limited)).ping(signal)
    expect(refused).toMatchObject({ ok: false, error: { kind: 'rejected', message: expect.stringContaining('Mail Send') as string } })
    expect([...server.mails, ...limited.mails]).toEqual([])
  })

  test.each([
    ['a wrong key', {}, { KEY: 'wrong' }, /api_key_env \(KEY\)/],
    ['no key', {}, {}, /KEY .*not set/],
    ['a key that cannot stand in a header', {}, { KEY: `a\r\nb: ${CANARY_SECRET}` }, /KEY/],
    ['a sender who is not verified', { from: 'other@example.org' }, { KEY: CANARY_SECRET }, /`from`/],
  ])('%s is rejected, with what to change', async (_what, changes, env: Record<string, string>, message) => {
    const sent = await (await open(server, changes, env)).send(anAlert(), NO_MEDIA, signal)
    expect(sent).toMatchObject({ ok: false, error: { kind: 'rejected', message: expect.stringMatching(message) as string } })
    expect(JSON.stringify(sent)).not.toContain(CANARY_SECRET)
  })

  const status = (code: number, headers: Readonly<Record<string, string>> = {}): SendGridBehaviour => ({
    do: 'status',
    status: code,
    headers,
  })
  test.each([
    [status(429, { 'x-ratelimit-reset': '1767225630' }), 'unavailable', 30_000],
    [status(429, { 'retry-after': '7', 'x-ratelimit-reset': '1767225630' }), 'unavailable', 7000],
    [status(429, { 'x-ratelimit-reset': 'soon' }), 'unavailable', undefined],
    [status(500), 'unavailable', undefined],
    [status(503), 'unavailable', undefined],
    [status(503, { 'retry-after': '120' }), 'unavailable', 120_000],
    [status(503, { 'x-ratelimit-reset': '1767225630' }), 'unavailable', undefined],
    [status(400, { 'retry-after': '120' }), 'invalid', undefined],
    [status(413), 'invalid', undefined],
    [status(400), 'invalid', undefined],
    [status(302, { location: 'http://127.0.0.1:1/' }), 'invalid', undefined],
    [{ do: 'cut' } as const, 'unavailable', undefined],
  ])('an answer like %j is "%s"', async (behaviour, kind, waitMs) => {
    server.behave(behaviour)
    const sent = await (await open(server)).send(anAlert(), NO_MEDIA, signal)
    expect(sent).toMatchObject({ ok: false, error: { kind } })
    expect(sent.ok ? null : sent.error.retryAfterMs).toBe(waitMs)
    expect(server.requests()).toBe(1)
  })
})
