import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anAlert, aSystemAlert } from '../../../testkit/builders.ts'
import { httpNotifierContract } from '../../../testkit/http-notifier-contract.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { notifierContract } from '../../../testkit/notifier-contract.ts'
import { CHAT, JPEG, openTelegram, receiptOf, stages, TOKEN } from '../../../testkit/telegram-fixture.ts'
import { startTelegramServer, type TelegramServer } from '../../../testkit/telegram-server.ts'

const signal = new AbortController().signal

notifierContract('telegram', async () => {
  const server = await startTelegramServer(TOKEN, { [CHAT]: { is: 'open' } })
  const log = memoryLogger()
  const notifier = await openTelegram({ chat_id: undefined, chat_id_env: 'CHAT', api_url: server.url }, log)
  return {
    notifier,
    server,
    log,
    received: async () => JSON.stringify(server.requests),
    breakDown: async () => server.failAlways({ do: 'refuse', status: 500, description: `bot${TOKEN} is in trouble` }),
  }
})

httpNotifierContract('telegram', async () => {
  const server = await startTelegramServer(TOKEN, { [CHAT]: { is: 'open' } })
  return { server, hang: () => server.failAlways({ do: 'hang' }), open: (config) => openTelegram({ api_url: server.url, ...config }) }
})

describe('telegram', () => {
  let server: TelegramServer
  beforeEach(async () => {
    server = await startTelegramServer(TOKEN, { [CHAT]: { is: 'open', threads: [7] } })
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const openHere = (config: Readonly<Record<string, unknown>> = {}, log = memoryLogger()) =>
    openTelegram({ api_url: server.url, ...config }, log)

  test('an alert is a photo with its words and a button to the clip', async () => {
    expect(await stages(await openHere(), { view_url: 'https://nvr.example/c/1' })).toBe(receiptOf('photo', 101))
    expect(server.messages).toMatchObject([
      { kind: 'photo', button: 'https://nvr.example/c/1', silent: false, chat_id: CHAT, thread_id: null },
    ])
    expect(server.messages[0]?.text).toContain('High risk at front_door: person at door\nA person stands at the door.\n')
    expect(server.messages[0]?.entities).toEqual([{ type: 'bold', offset: 0, length: 39 }])
    expect(server.requests[0]?.photo).toEqual(Buffer.from(JPEG))
  })

  test('without a picture it is a text, and the picture stays at home if so configured', async () => {
    const notifier = await openHere({ include_thumbnail: false, thread_id: 7 })
    expect(await stages(notifier, {})).toBe(receiptOf('text', 101))
    expect(server.messages).toMatchObject([{ kind: 'text', button: null, thread_id: 7 }])
    expect(server.requests[0]?.params['link_preview_options']).toEqual({ is_disabled: true })
  })

  test.each([
    [{ risk_level: 'low' }, {}, true],
    [{ risk_level: 'medium' }, {}, false],
    [{ risk_level: null }, {}, false],
    [{ risk_level: 'low' }, { silent_below: null }, false],
    [{ risk_level: 'high' }, { silent_below: 'critical' }, true],
  ] as const)('risk decides about the sound: %j with %j', async (alert, config, silent) => {
    await stages(await openHere(config), alert)
    expect(server.messages[0]?.silent).toBe(silent)
  })

  test('a link that Telegram takes for no button stands in the text', async () => {
    await stages(await openHere(), { view_url: 'http://nas:8081/c/1', stage: 'first' }, { view_url: 'http://nas:8081/c/2' })
    expect(server.messages).toMatchObject([{ kind: 'photo', button: null, edits: 1 }])
    expect(server.messages[0]?.text.endsWith('\nhttp://nas:8081/c/2')).toBe(true)
  })

  test('a picture that Telegram refuses does not hold back the alert', async () => {
    const log = memoryLogger()
    const notifier = await openHere({}, log)
    const onReceipt = (receipt: string) => expect(receipt).toBe(receiptOf('text', 101))
    expect(await notifier.send(anAlert(), { thumbnail: Uint8Array.of(1, 2, 3), replaces: null, onReceipt }, signal)).toMatchObject({
      ok: true,
    })
    expect(server.messages).toMatchObject([{ kind: 'text' }])
    expect(log.lines.map(({ fields }) => fields['event_type'])).toEqual(['telegram_picture_refused'])
  })

  test('a picture over 10 MB is not even offered', async () => {
    const notifier = await openHere()
    const thumbnail = Buffer.alloc(10 * 1024 * 1024 + 1, 'x')
    expect(await notifier.send(anAlert(), { thumbnail, replaces: null }, signal)).toMatchObject({ ok: true })
    expect(server.requests.map(({ method }) => method)).toEqual(['sendMessage'])
  })

  test.each([
    ['caption', JPEG, 1024],
    ['text', null, 4096],
  ])('the longest %s fits, and says when', async (_kind, thumbnail, most) => {
    const notifier = await openHere()
    const long = anAlert({ summary: '🦊 & <b> '.repeat(500), notify_reason: 'y'.repeat(3000), view_url: `http://nas/${'z'.repeat(500)}` })
    expect(await notifier.send(long, { thumbnail, replaces: null }, signal)).toMatchObject({ ok: true })
    expect(server.messages[0]?.text.length).toBeLessThanOrEqual(most)
    expect(server.messages[0]?.text).toMatch(/ on 20\d\d-\d\d-\d\d, 10 s\nhttp:\/\/nas\/z+$/)
  })

  test.each([
    ['caption', JPEG, 824],
    ['caption', JPEG, 1100],
    ['text', null, 4200],
  ])('a %s keeps its words when a link of the home network leaves no room for them', async (_kind, thumbnail, length) => {
    const notifier = await openHere()
    const long = anAlert({ summary: 'x'.repeat(2000), view_url: `http://nas/${'z'.repeat(length)}` })
    expect(await notifier.send(long, { thumbnail, replaces: null }, signal)).toMatchObject({ ok: true })
    expect(server.messages).toMatchObject([{ button: null, text: expect.stringMatching(/^High risk .* 10 s$/s) as string }])
  })

  test('text from a camera is shown as it is, never parsed', async () => {
    await stages(await openHere(), { summary: '<a href="tg://user?id=1">x</a> *b* &amp; [y](https://evil.example)' })
    expect(server.messages[0]?.text).toContain('<a href="tg://user?id=1">x</a> *b* &amp; [y](https://evil.example)')
    expect(server.messages[0]?.entities).toEqual([{ type: 'bold', offset: 0, length: 39 }])
  })

  test('ping asks for the bot and the chat, and sends nothing', async () => {
    expect(await (await openHere()).ping(signal)).toMatchObject({ ok: true })
    expect(server.requests.map(({ method }) => method)).toEqual(['getMe', 'getChat'])
  })

  test('news about the system is a text, without a sound if it is only information, and can be switched off', async () => {
    const notifier = await openHere()
    for (const news of [aSystemAlert(), aSystemAlert({ severity: 'info', code: 'part_up' })])
      expect(await notifier.sendSystem(news, signal)).toMatchObject({ ok: true })
    expect(server.messages).toMatchObject([{ silent: false }, { silent: true }])
    expect(await (await openHere({ system: false })).sendSystem(aSystemAlert(), signal)).toEqual({ ok: true, value: undefined })
    expect(server.messages).toHaveLength(2)
  })

  test('a digest of alerts comes also where news about the system is switched off', async () => {
    const digest = aSystemAlert({ code: 'quiet_digest', severity: 'info', message: '2 alerts were held back' })
    expect(await (await openHere({ system: false })).sendSystem(digest, signal)).toMatchObject({ ok: true })
    expect(server.messages[0]?.text).toContain('2 alerts were held back')
  })
})
