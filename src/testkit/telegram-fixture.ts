import { expect } from 'vitest'
import type { Alert } from '../contracts/alert.ts'
import type { Notifier } from '../contracts/notifier.ts'
import { formatReceipt } from '../plugins/notifiers/telegram/message.ts'
import { telegramNotifier } from '../plugins/notifiers/telegram/plugin.ts'
import { anAlert } from './builders.ts'
import { memoryLogger } from './memory-logger.ts'
import { CANARY_SECRET } from './notifier-contract.ts'
import { built, testHost } from './plugin-host.ts'

export const TOKEN = `123456:${CANARY_SECRET}`
export const CHAT = '-1001234567890'
export const JPEG = Uint8Array.of(255, 216, 255, 217)
const signal = new AbortController().signal

export function receiptOf(kind: 'text' | 'photo', message_id: number, chat = CHAT): string {
  return formatReceipt({ kind, message_id }, chat)
}

export function openTelegram(config: Readonly<Record<string, unknown>>, log = memoryLogger(), token = TOKEN): Promise<Notifier> {
  return built(telegramNotifier, { token_env: 'TG_TOKEN', chat_id: CHAT, ...config }, testHost({ env: { TG_TOKEN: token, CHAT }, log }))
}

/** Sends one stage after the other, as the core does: with the receipt of the stage before. */
export async function stages(notifier: Notifier, ...alerts: ReadonlyArray<Partial<Alert>>): Promise<string | null> {
  let replaces: string | null = null
  for (const changes of alerts) {
    const onReceipt = (receipt: string) => {
      replaces = receipt
    }
    expect(await notifier.send(anAlert(changes), { thumbnail: JPEG, replaces, onReceipt }, signal)).toMatchObject({ ok: true })
  }
  return replaces
}
