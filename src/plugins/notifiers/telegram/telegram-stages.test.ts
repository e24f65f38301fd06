import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { anAlert } from '../../../testkit/builders.ts'
import { CHAT, JPEG, openTelegram, receiptOf, stages, TOKEN } from '../../../testkit/telegram-fixture.ts'
import { startTelegramServer, type TelegramServer } from '../../../testkit/telegram-server.ts'

const signal = new AbortController().signal

describe('a later stage of an alert in Telegram', () => {
  let server: TelegramServer
  beforeEach(async () => {
    server = await startTelegramServer(TOKEN, { [CHAT]: { is: 'open', threads: [7] } })
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const openHere = (config: Readonly<Record<string, unknown>> = {}) => openTelegram({ api_url: server.url, ...config })

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
})
