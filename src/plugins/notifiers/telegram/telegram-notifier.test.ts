import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Alert } from '../../../contracts/alert.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import { anAlert, aSystemAlert } from '../../../testkit/builders.ts'
import { httpNotifierContract } from '../../../testkit/http-notifier-contract.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { CANARY_SECRET, notifierContract } from '../../../testkit/notifier-contract.ts'
import { built, testHost } from '../../../testkit/plugin-host.ts'
import { startTelegramServer, type TelegramFault, type TelegramServer } from '../../../testkit/telegram-server.ts'
import { formatReceipt } from './message.ts'
import { telegramNotifier } from './plugin.ts'

const TOKEN = `123456:${CANARY_SECRET}`
const CHAT = '-1001234567890'
const receiptOf = (kind: 'text' | 'photo', message_id: number, chat = CHAT) => formatReceipt({ kind, message_id }, chat)
const JPEG = Uint8Array.of(255, 216, 255, 217)
const NO_MEDIA = { thumbnail: null, replaces: null }
const signal = new AbortController().signal

async function open(config: Readonly<Record<string, unknown>>, log = memoryLogger(), token = TOKEN): Promise<Notifier> {
  return built(telegramNotifier, { token_env: 'TG_TOKEN', chat_id: CHAT, ...config }, testHost({ env: { TG_TOKEN: token, CHAT }, log }))
}

notifierContract('telegram', async () => {
  const server = await startTelegramServer(TOKEN, { [CHAT]: { is: 'open' } })
  const log = memoryLogger()
  const notifier = await open({ chat_id: undefined, chat_id_env: 'CHAT', api_url: server.url }, log)
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
  return { server, hang: () => server.failAlways({ do: 'hang' }), open: (config) => open({ api_url: server.url, ...config }) }
})

describe('telegram', () => {
  let server: TelegramServer
  beforeEach(async () => {
    server = await startTelegramServer(TOKEN, { [CHAT]: { is: 'open', threads: [7] } })
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const openHere = (config: Readonly<Record<string, unknown>> = {}, log = memoryLogger()) => open({ api_url: server.url, ...config }, log)

  /** Sends one stage after the other, as the core does: with the receipt of the stage before. */
  async function stages(notifier: Notifier, ...alerts: ReadonlyArray<Partial<Alert>>): Promise<string | null> {
    let replaces: string | null = null
    for (const changes of alerts) {
      const onReceipt = (receipt: string) => {
        replaces = receipt
      }
      expect(await notifier.send(anAlert(changes), { thumbnail: JPEG, replaces, onReceipt }, signal)).toMatchObject({ ok: true })
    }
    return replaces
  }

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

  test('the verdict replaces the words of the first alert, once', async () => {
    const notifier = await openHere()
    const receipt = await stages(notifier, { stage: 'first' }, { view_url: 'https://nvr.example/c/1' })
    const again = anAlert({ view_url: 'https://nvr.example/c/1' })
    expect(await notifier.send(again, { thumbnail: JPEG, replaces: receipt }, signal)).toMatchObject({ ok: true })
    expect(server.messages).toMatchObject([{ kind: 'photo', edits: 1, button: 'https://nvr.example/c/1' }])
    expect(server.messages[0]?.text).toContain('High risk')
  })

  test('a text is edited as a text', async () => {
    await stages(await openHere({ include_thumbnail: false }), { stage: 'first' }, {})
    expect(server.messages).toMatchObject([{ kind: 'text', edits: 1 }])
  })

  test('the verdict on a message that somebody deleted is sent anew', async () => {
    const notifier = await openHere()
    const got: string[] = []
    const media = { thumbnail: JPEG, replaces: receiptOf('photo', 77), onReceipt: (receipt: string) => void got.push(receipt) }
    expect(await notifier.send(anAlert(), media, signal)).toMatchObject({ ok: true })
    expect(server.messages).toMatchObject([{ message_id: 101, kind: 'photo' }])
    expect(got).toEqual([receiptOf('photo', 101)])
  })

  test('a message in another chat is not touched: the verdict is sent anew, and a withdrawal takes nothing away', async () => {
    const receipt = await stages(await openHere(), { stage: 'first' })
    server.setChat('42', { is: 'open' })
    await stages(await openHere({ chat_id: 42 }), { clip_id: 'other' })
    const moved = await openHere({ chat_id: 42 })
    const replaces = receipt?.replace('101', '102') ?? null
    expect(await moved.send(anAlert(), { thumbnail: JPEG, replaces }, signal)).toMatchObject({ ok: true })
    expect(await moved.send(anAlert({ stage: 'withdrawn' }), { thumbnail: null, replaces }, signal)).toMatchObject({ ok: true })
    expect(server.messages).toMatchObject([
      { message_id: 101, chat_id: CHAT, edits: 0 },
      { message_id: 102, chat_id: '42', edits: 0 },
      { message_id: 103, chat_id: '42', edits: 0 },
    ])
  })

  test('a receipt says where without repeating the chat', () => {
    expect(receiptOf('photo', 101)).toMatch(/^photo:101:[0-9a-f]{12}$/)
    expect(receiptOf('photo', 101)).not.toBe(receiptOf('photo', 101, '42'))
  })

  test('a verdict that finds its group moved is sent anew there, whatever message has that number', async () => {
    server.setChat('-100999', { is: 'open' })
    await stages(await openHere({ chat_id: '-100999' }), { clip_id: 'other' })
    server.setChat(CHAT, { is: 'migrated', to: -100_999 })
    const notifier = await openHere()
    expect(await notifier.send(anAlert(), { thumbnail: JPEG, replaces: receiptOf('photo', 101) }, signal)).toMatchObject({ ok: true })
    expect(server.messages).toMatchObject([
      { message_id: 101, edits: 0 },
      { message_id: 102, chat_id: '-100999' },
    ])
  })

  test('a receipt that is not ours is no message to edit', async () => {
    const notifier = await openHere()
    expect(await notifier.send(anAlert(), { thumbnail: null, replaces: '../../x' }, signal)).toMatchObject({ ok: true })
    expect(server.messages).toHaveLength(1)
  })

  test('a withdrawn alert disappears, also when it is withdrawn twice', async () => {
    const notifier = await openHere()
    await stages(notifier, { stage: 'first' }, { stage: 'withdrawn' }, { stage: 'withdrawn' })
    expect(server.messages).toEqual([])
  })

  test('where it cannot be deleted any more, it says that it was nothing', async () => {
    const notifier = await openHere()
    const receipt = await stages(notifier, { stage: 'first', view_url: 'https://nvr.example/c/1' })
    server.ageMessages()
    for (let time = 0; time < 2; time += 1) {
      const withdrawn = anAlert({ stage: 'withdrawn' })
      expect(await notifier.send(withdrawn, { thumbnail: null, replaces: receipt }, signal)).toMatchObject({ ok: true })
    }
    expect(server.messages).toMatchObject([{ text: 'Nothing to worry about: person at front_door', button: null }])
  })

  test('a withdrawal of what was never delivered says nothing', async () => {
    await stages(await openHere(), { stage: 'withdrawn' })
    expect(server.requests).toEqual([])
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

  test('a group that became a supergroup is followed, and the owner is told the new number', async () => {
    server.setChat(CHAT, { is: 'migrated', to: -100_999 })
    server.setChat('-100999', { is: 'open' })
    const log = memoryLogger()
    const notifier = await openHere({}, log)
    await stages(notifier, {}, {})
    expect(server.messages).toMatchObject([{ chat_id: '-100999' }])
    expect(log.lines).toMatchObject([{ fields: { event_type: 'telegram_chat_migrated', new_chat_id: '-100999' } }])
  })

  test.each([
    [{ is: 'blocked' }, 'rejected', 'unblock'],
    [{ is: 'kicked' }, 'rejected', 'add it again'],
    [{ is: 'read_only' }, 'rejected', 'chat_id'],
  ] as const)('a chat that does not take messages is explained: %j', async (chat, kind, words) => {
    server.setChat(CHAT, chat)
    const sent = await (await openHere()).send(anAlert(), NO_MEDIA, signal)
    expect(sent).toMatchObject({ ok: false, error: { kind, message: expect.stringContaining(words) as string } })
  })

  test.each([
    [{ chat_id: '42' }, TOKEN, 'invalid', 'chat_id'],
    [{ thread_id: 8 }, TOKEN, 'invalid', 'thread_id'],
    [{}, `999:${CANARY_SECRET}`, 'rejected', 'TG_TOKEN'],
    [{}, '999:x', 'rejected', 'TG_TOKEN'],
    [{}, `${CANARY_SECRET}/../x`, 'rejected', 'TG_TOKEN'],
    [{}, '', 'rejected', 'TG_TOKEN'],
    [{ chat_id: undefined, chat_id_env: 'NO_CHAT' }, TOKEN, 'invalid', 'NO_CHAT'],
    [{ chat_id: undefined, chat_id_env: 'TG_TOKEN' }, TOKEN, 'invalid', 'TG_TOKEN'],
  ])('a wrong setting is named: %j', async (config, token, kind, words) => {
    const notifier = await open({ api_url: server.url, ...config }, memoryLogger(), token)
    const sent = await notifier.send(anAlert(), NO_MEDIA, signal)
    expect(sent).toMatchObject({ ok: false, error: { kind, message: expect.stringContaining(words) as string } })
    if (!('thread_id' in config)) expect(await notifier.ping(signal)).toEqual(sent)
    expect(inspect(sent, { depth: 9 })).not.toContain(CANARY_SECRET)
  })

  test.each<[TelegramFault, string, object]>([
    [{ do: 'refuse', status: 429, description: 'Too Many Requests: retry after 7', retryAfter: 7 }, 'unavailable', { retryAfterMs: 7000 }],
    [{ do: 'refuse', status: 500 }, 'unavailable', {}],
    [{ do: 'refuse', status: 502, description: CANARY_SECRET }, 'unavailable', {}],
    [{ do: 'refuse', status: 400, description: `Bad Request: ${CANARY_SECRET}` }, 'invalid', {}],
    [{ do: 'cut' }, 'unavailable', {}],
    [{ do: 'raw', status: 200, body: '<html>Log in to this hotspot</html>' }, 'unavailable', {}],
    [{ do: 'raw', status: 503, body: CANARY_SECRET }, 'unavailable', {}],
  ])('%j is an error of kind %s, once', async (fault, kind, more) => {
    const notifier = await openHere()
    server.fail(fault)
    const sent = await notifier.send(anAlert(), { thumbnail: JPEG, replaces: null }, signal)
    expect(sent).toMatchObject({ ok: false, error: { kind, ...more } })
    expect(inspect(sent, { depth: 9, showHidden: true })).not.toContain(CANARY_SECRET)
    expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: true })
  })

  test('an alert whose answer breaks off is delivered, once, and without a receipt', async () => {
    const notifier = await openHere()
    server.fail({ do: 'cut_answer' })
    expect(await stages(notifier, { stage: 'first' })).toBeNull()
    expect(server.messages).toHaveLength(1)
  })

  test('so is an edit, which keeps its receipt', async () => {
    const notifier = await openHere()
    const receipt = await stages(notifier, { stage: 'first' })
    server.fail({ do: 'cut_answer' })
    const onReceipt = (again: string) => expect(again).toBe(receipt)
    expect(await notifier.send(anAlert(), { thumbnail: JPEG, replaces: receipt, onReceipt }, signal)).toMatchObject({ ok: true })
    expect(server.messages).toMatchObject([{ edits: 1 }])
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
