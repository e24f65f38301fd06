import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anAlert } from '../../../testkit/builders.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { CANARY_SECRET } from '../../../testkit/notifier-contract.ts'
import { CHAT, JPEG, openTelegram, stages, TOKEN } from '../../../testkit/telegram-fixture.ts'
import { startTelegramServer, type TelegramFault, type TelegramServer } from '../../../testkit/telegram-server.ts'

const NO_MEDIA = { thumbnail: null, replaces: null }
const signal = new AbortController().signal

describe('when Telegram does not take an alert', () => {
  let server: TelegramServer
  beforeEach(async () => {
    server = await startTelegramServer(TOKEN, { [CHAT]: { is: 'open', threads: [7] } })
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const openHere = (config: Readonly<Record<string, unknown>> = {}, log = memoryLogger()) =>
    openTelegram({ api_url: server.url, ...config }, log)

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
    const notifier = await openTelegram({ api_url: server.url, ...config }, memoryLogger(), token)
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
})
