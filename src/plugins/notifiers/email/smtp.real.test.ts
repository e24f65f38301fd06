import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AlertMedia } from '../../../contracts/alert.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import { anAlert, aSystemAlert } from '../../../testkit/builders.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { CANARY_SECRET, notifierContract } from '../../../testkit/notifier-contract.ts'
import { built, testHost } from '../../../testkit/plugin-host.ts'
import { startSmtpServer, type TestSmtpOptions, type TestSmtpServer } from '../../../testkit/smtp-server.ts'
import { emailNotifier } from './plugin.ts'

const NO_MEDIA: AlertMedia = { thumbnail: null, replaces: null }
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2, 3)
const signal = new AbortController().signal
const log = memoryLogger()

type Changes = Readonly<Record<string, unknown>>

async function open(
  server: TestSmtpServer,
  smtp: Changes = {},
  changes: Changes = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Notifier> {
  const login = { username_env: 'SMTP_USER', password_env: 'SMTP_PASSWORD' }
  const config = {
    smtp: { host: 'localhost', port: server.port, ca_file: server.certificate.cert, ...login, ...smtp },
    from: 'HomeSec <homesec@example.org>',
    to: ['Ann <ann@example.org>'],
    ...changes,
  }
  return built(emailNotifier, config, testHost({ log, env: { SMTP_USER: 'camera', SMTP_PASSWORD: CANARY_SECRET, ...env } }))
}

const serve = (tls: TestSmtpOptions['tls'] = 'starttls') => startSmtpServer({ tls, password: CANARY_SECRET })

notifierContract('email by SMTP', async () => {
  const server = await serve()
  const notifier = await open(server)
  return {
    notifier,
    server,
    log,
    received: async () => JSON.stringify(server.received.map(({ mail }) => [mail.subject, mail.text])),
    breakDown: async () => server.behave({ login: `535 5.7.8 not with ${CANARY_SECRET}` }),
  }
})

describe('a mail by SMTP', () => {
  let server: TestSmtpServer
  beforeEach(async () => {
    server = await serve()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  test('shows the picture inline, with plain text for those who want it', async () => {
    const notifier = await open(server)
    const alert = anAlert({ view_url: 'https://nvr.example/c/1' })
    expect(await notifier.send(alert, { ...NO_MEDIA, thumbnail: JPEG }, signal)).toMatchObject({ ok: true })
    const [received] = server.received
    expect(received).toMatchObject({ secure: true, user: 'camera', from: 'homesec@example.org', recipients: ['ann@example.org'] })
    const mail = received!.mail
    expect(mail.subject).toBe('High risk at front_door: person at door')
    expect(mail.from?.text).toBe('"HomeSec" <homesec@example.org>')
    expect(mail.text).toContain('A person stands at the door.\n')
    expect(mail.text).toContain('Watch the clip: https://nvr.example/c/1')
    expect(mail.html).toContain('<a href="https://nvr.example/c/1"')
    expect(mail.attachments).toHaveLength(1)
    expect(mail.attachments[0]).toMatchObject({
      contentType: 'image/jpeg',
      cid: 'picture@homesec',
      related: true,
      contentDisposition: 'inline',
    })
    expect(mail.attachments[0]?.content).toEqual(Buffer.from(JPEG))
    expect(received!.raw).toMatch(/multipart\/alternative[\s\S]*text\/plain[\s\S]*multipart\/related[\s\S]*text\/html[\s\S]*image\/jpeg/)
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated')
    expect(mail.headers.get('priority')).toBe('high')
  })

  test('what follows a first alert is an answer to it, and the same try has the same Message-ID', async () => {
    const notifier = await open(server, {}, { withdrawals: true })
    const receipts: string[] = []
    const send = (stage: 'first' | 'verdict' | 'withdrawn', replaces: string | null) =>
      notifier.send(anAlert({ stage }), { thumbnail: null, replaces, onReceipt: (receipt) => receipts.push(receipt) }, signal)
    expect(await send('first', null)).toMatchObject({ ok: true })
    for (const stage of ['verdict', 'verdict', 'withdrawn'] as const) expect(await send(stage, receipts[0]!)).toMatchObject({ ok: true })
    expect(await send('verdict', null)).toMatchObject({ ok: true })
    const [first, verdict, again, withdrawn, alone] = server.received.map(({ mail }) => mail)
    expect(first?.messageId).toBe(receipts[0])
    expect(first?.inReplyTo).toBeUndefined()
    expect(verdict).toMatchObject({ inReplyTo: first?.messageId, references: first?.messageId })
    expect(withdrawn).toMatchObject({ inReplyTo: first?.messageId, subject: 'Nothing to worry about: person at front_door' })
    expect(again?.messageId).toBe(verdict?.messageId)
    expect(new Set([first, verdict, withdrawn].map((mail) => mail?.messageId)).size).toBe(3)
    expect(alone?.inReplyTo).toBeUndefined()
  })

  test('a withdrawal is silent unless it is wanted', async () => {
    const notifier = await open(server)
    expect(await notifier.send(anAlert({ stage: 'withdrawn' }), NO_MEDIA, signal)).toMatchObject({ ok: true })
    expect(server.received).toEqual([])
  })

  test('news about HomeSec comes as a mail, or not if so configured', async () => {
    expect(await (await open(server)).sendSystem(aSystemAlert({ code: 'disk_full', camera_name: null }), signal)).toMatchObject({
      ok: true,
    })
    expect(await (await open(server, {}, { system: false })).sendSystem(aSystemAlert(), signal)).toMatchObject({ ok: true })
    expect(server.received.map(({ mail }) => mail.subject)).toEqual(['HomeSec: the disk is full'])
  })

  test('text from cameras and models makes no header, no markup and no second mail', async () => {
    const evil = 'x\r\nBcc: eve@example.net\r\n\r\n.\r\nMAIL FROM:<eve@example.net>\r\n<img src=x onerror=alert(1)>"\u2028\u202e'
    const alert = anAlert({
      summary: evil,
      activity_type: evil,
      notify_reason: evil,
      camera_name: evil,
      dedupe_key: evil,
      view_url: `javascript:${evil}`,
    })
    expect(await (await open(server)).send(alert, { ...NO_MEDIA, thumbnail: JPEG }, signal)).toMatchObject({ ok: true })
    expect(server.received).toHaveLength(1)
    const { mail, recipients } = server.received[0]!
    expect(recipients).toEqual(['ann@example.org'])
    expect(mail.bcc).toBeUndefined()
    expect(mail.html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;')
    expect(mail.html).not.toMatch(/<img src=x|javascript:/)
    expect(mail.subject).not.toMatch(/[\r\n]/)
  })

  test('copies go out, hidden ones hidden', async () => {
    const notifier = await open(server, {}, { cc: ['Bob <bob@example.org>'], bcc: ['eve@example.org'], include_thumbnail: false })
    expect(await notifier.send(anAlert(), { ...NO_MEDIA, thumbnail: JPEG }, signal)).toMatchObject({ ok: true })
    const { mail, recipients, raw } = server.received[0]!
    expect(recipients.toSorted()).toEqual(['ann@example.org', 'bob@example.org', 'eve@example.org'])
    expect(raw).not.toContain('eve@')
    expect(raw).toContain('Cc: Bob <bob@example.org>')
    expect(mail.attachments).toEqual([])
    expect(mail.html).not.toContain('cid:')
  })

  test('a wrong password is rejected and names the variables, at ping too', async () => {
    const notifier = await open(server, {}, {}, { SMTP_PASSWORD: 'wrong' })
    const expected = { ok: false, error: { kind: 'rejected', message: expect.stringMatching(/535.*SMTP_USER.*SMTP_PASSWORD/) as string } }
    expect(await notifier.ping(signal)).toMatchObject(expected)
    expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject(expected)
    expect(server.received).toEqual([])
  })

  test('a login that cannot be checked now is tried again', async () => {
    server.behave({ login: '454 4.7.0 later' })
    expect(await (await open(server)).send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  })

  test.each([
    [{ recipients: { 'ann@example.org': '550 5.1.1 no such user' } }, 'invalid', /550 5\.1\.1.*to\[0\]/],
    [{ recipients: { 'ann@example.org': '451 4.7.1 greylisted' } }, 'unavailable', /451 4\.7\.1.*greylisting/],
    [{ sender: '553 5.7.1 not your address' }, 'invalid', /553 5\.7\.1.*`from`/],
    [{ sender: '530 5.7.0 log in first' }, 'rejected', /530.*password_env/],
    [{ sender: '421 4.7.0 too many connections' }, 'unavailable', /421/],
    [{ data: '552 5.3.4 too big' }, 'invalid', /include_thumbnail/],
    [{ data: '554 5.7.1 spam' }, 'invalid', /refused the mail/],
    [{ data: '452 4.3.1 disk full' }, 'unavailable', /452/],
  ])('a server that answers %j is %s', async (behaviour, kind, message) => {
    server.behave(behaviour)
    const sent = await (await open(server)).send(anAlert(), NO_MEDIA, signal)
    expect(sent).toMatchObject({ ok: false, error: { kind, message: expect.stringMatching(message) as string } })
    expect(JSON.stringify(sent)).not.toMatch(/spam|no such user|example\.org/)
  })

  test('if only some recipients are refused the others get the mail, and the log says which', async () => {
    server.behave({ recipients: { 'gone@example.org': '550 5.1.1 gone' } })
    const notifier = await open(server, {}, { to: ['ann@example.org', 'gone@example.org'] })
    expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: true })
    expect(server.received).toHaveLength(1)
    expect(log.lines.at(-1)).toMatchObject({ level: 'warn', fields: { recipients: ['to[1]'] } })
  })

  test('ping logs in and sends nothing', async () => {
    expect(await (await open(server)).ping(signal)).toMatchObject({ ok: true })
    expect(server.received).toEqual([])
  })

  test('a certificate that nobody vouches for is rejected before the password is sent, or accepted if the owner says so', async () => {
    const strict = await open(server, { ca_file: undefined })
    expect(await strict.ping(signal)).toMatchObject({
      ok: false,
      error: { kind: 'rejected', message: expect.stringContaining('ca_file') as string },
    })
    expect(await strict.send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: false, error: { kind: 'rejected' } })
    const lax = await open(server, { ca_file: undefined, reject_unauthorized: false })
    expect(await lax.send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: true })
    expect(server.received).toHaveLength(1)
  })

  test('a variable or a file that is missing is named, and nothing is sent without it', async () => {
    const unset = await open(server, { password_env: 'NOWHERE' })
    expect(await unset.send(anAlert(), NO_MEDIA, signal)).toMatchObject({
      ok: false,
      error: { kind: 'rejected', message: expect.stringContaining('NOWHERE') as string },
    })
    const unread = await open(server, { ca_file: '/nowhere/ca.pem' })
    expect(await unread.ping(signal)).toMatchObject({
      ok: false,
      error: { kind: 'invalid', message: expect.stringContaining('smtp.ca_file') as string },
    })
    expect(server.received).toEqual([])
  })
})

describe('encryption', () => {
  test('implicit TLS carries a mail', async () => {
    await using server = await serve('implicit')
    const notifier = await open(server, { tls: 'implicit' })
    expect(await notifier.ping(signal)).toMatchObject({ ok: true })
    expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: true })
    expect(server.received[0]).toMatchObject({ secure: true, user: 'camera' })
  })

  test('a server that does not offer STARTTLS gets neither password nor mail', async () => {
    await using server = await serve('none')
    const notifier = await open(server)
    const expected = { ok: false, error: { kind: 'rejected', message: expect.stringContaining('STARTTLS') as string } }
    expect(await notifier.ping(signal)).toMatchObject(expected)
    expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject(expected)
    expect(server.received).toEqual([])
  })

  test('without encryption only if the owner says so', async () => {
    await using server = await serve('none')
    expect(await (await open(server, { tls: 'none' })).send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: true })
    expect(server.received[0]).toMatchObject({ secure: false, user: 'camera' })
  })

  test('implicit TLS with a server that wants STARTTLS says which setting to change', async () => {
    await using server = await serve('starttls')
    const sent = await (await open(server, { tls: 'implicit' })).send(anAlert(), NO_MEDIA, signal)
    expect(sent).toMatchObject({ ok: false, error: { kind: 'invalid', message: expect.stringContaining('smtp.tls: starttls') as string } })
  })

  test('nobody there is "unavailable"', async () => {
    const server = await serve()
    await server[Symbol.asyncDispose]()
    const message = expect.stringContaining('ECONNREFUSED') as string
    expect(await (await open(server)).ping(signal)).toMatchObject({ ok: false, error: { kind: 'unavailable', message } })
  })
})
