import { z } from 'zod'
import { isAboutAlerts, type Alert, type AlertMedia, type SystemAlert } from '../../../contracts/alert.ts'
import { riskAtLeast } from '../../../contracts/analysis.ts'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { alertText, systemAlertText, viewLink, type MessageText } from '../../../lib/alert-text.ts'
import { LimitedCalls } from '../../../lib/limited-calls.ts'
import { BotApi, type Params } from './bot-api.ts'
import type { BotFailure } from './bot-failure.ts'
import { CHAT_ID_RULE, isChatId, type TelegramConfig } from './config.ts'
import { formatReceipt, messageParams, MOST_PHOTO_BYTES, parseReceipt, type MessageKind, type Receipt } from './message.ts'

const SentSchema = z.object({ message_id: z.number().int().positive() })

interface Content {
  readonly text: MessageText
  readonly link: string | null
  readonly photo: Uint8Array | null
  readonly silent: boolean
}

type Done<T = unknown> = Promise<Result<T, BotFailure>>

/**
 * Sends alerts to one chat. The verdict on an alert edits its first message, which makes no second sound. A withdrawal deletes it, and with
 * it the notification on the phone: nothing is left to act upon. Where Telegram does not let a bot delete (after 48 hours), the message
 * becomes a line that says so.
 */
export class TelegramNotifier implements Notifier {
  readonly #config: TelegramConfig
  readonly #host: Pick<PluginHost, 'log' | 'secrets'>
  readonly #calls: LimitedCalls
  readonly #bot: BotApi
  /** The chat's new number, once Telegram has told us of one. */
  #migratedTo: string | null = null

  constructor(config: TelegramConfig, host: Pick<PluginHost, 'clock' | 'log' | 'secrets'>) {
    this.#config = config
    this.#host = host
    this.#calls = new LimitedCalls('Telegram', config.timeout_s * 1000)
    this.#bot = new BotApi(config.api_url, { token: config.token_env, chat: config.chat_id_env ?? 'chat_id' }, host)
  }

  send(alert: Alert, media: AlertMedia, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const text = alertText(alert)
    return this.#run(signal, async (limited) => {
      const chat = this.#chatId()
      if (!chat.ok) return chat
      const earlier = parseReceipt(media.replaces, chat.value)
      if (alert.stage === 'withdrawn') return earlier === null ? ok() : this.#withdraw(earlier, text, limited)
      const content = { text, link: viewLink(alert), photo: this.#photoOf(media), silent: this.#isSilent(alert) }
      const delivered = await this.#deliver(content, earlier, limited)
      if (!delivered.ok) return delivered
      if (delivered.value !== null) media.onReceipt?.(formatReceipt(delivered.value, this.#migratedTo ?? chat.value))
      return ok()
    })
  }

  async sendSystem(alert: SystemAlert, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const isWanted = this.#config.system || isAboutAlerts(alert)
    const content = { text: systemAlertText(alert), link: null, photo: null, silent: alert.severity === 'info' }
    return this.#run(signal, async (limited) => (isWanted ? this.#deliver(content, null, limited) : ok()))
  }

  async ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#run(signal, async (limited) => {
      const me = await this.#bot.call('getMe', {}, null, limited)
      return me.ok ? this.#inChat('getChat', {}, null, limited) : me
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls[Symbol.asyncDispose]()
  }

  #run(signal: AbortSignal, work: (limited: AbortSignal) => Done): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const done = await work(limited)
      return done.ok ? ok() : err(done.error.error)
    })
  }

  async #deliver(content: Content, earlier: Receipt | null, signal: AbortSignal): Done<Receipt | null> {
    if (earlier === null) return this.#sendNew(content, signal)
    const edited = await this.#edit(content, earlier, signal)
    if (edited.ok || edited.error.reason === 'same') return ok(earlier)
    return edited.error.reason === 'gone' ? this.#sendNew(content, signal) : edited
  }

  /** @returns null if the number of the message was lost on its way: then it stays as it is. */
  async #sendNew(content: Content, signal: AbortSignal): Done<Receipt | null> {
    const { thread_id } = this.#config
    const where = { disable_notification: content.silent, ...(thread_id === undefined ? {} : { message_thread_id: thread_id }) }
    const kind = content.photo === null ? 'text' : 'photo'
    const method = kind === 'photo' ? 'sendPhoto' : 'sendMessage'
    const sent = await this.#show(method, where, { ...content, kind }, signal)
    if (!sent.ok && sent.error.reason === 'picture' && kind === 'photo') {
      this.#host.log.warn({ event_type: 'telegram_picture_refused' }, 'Telegram refused the picture, sending the alert without it')
      return this.#sendNew({ ...content, photo: null }, signal)
    }
    if (!sent.ok) return sent
    if (sent.value === null) return ok(null)
    const parsed = SentSchema.safeParse(sent.value)
    return parsed.success ? ok({ kind, message_id: parsed.data.message_id }) : err(NO_MESSAGE)
  }

  /** The picture stays the one of the first message. */
  #edit(content: Content, { kind, message_id }: Receipt, signal: AbortSignal): Done {
    const method = kind === 'photo' ? 'editMessageCaption' : 'editMessageText'
    return this.#show(method, { message_id }, { ...content, photo: null, kind }, signal)
  }

  async #withdraw(earlier: Receipt, text: MessageText, signal: AbortSignal): Done {
    const deleted = await this.#inChat('deleteMessage', { message_id: earlier.message_id }, null, signal)
    if (deleted.ok || deleted.error.reason === 'gone') return ok()
    if (deleted.error.reason !== 'undeletable') return deleted
    const edited = await this.#edit({ text: { title: text.title, lines: [] }, link: null, photo: null, silent: true }, earlier, signal)
    return edited.ok || edited.error.reason === 'same' || edited.error.reason === 'gone' ? ok() : edited
  }

  /** With the link as a button; in the text if Telegram does not take it for one. */
  async #show(method: string, params: Params, content: Content & { readonly kind: MessageKind }, signal: AbortSignal): Done {
    const { text, kind, link, photo } = content
    const shown = await this.#inChat(method, { ...params, ...messageParams(text, kind, link, true) }, photo, signal)
    if (shown.ok || shown.error.reason !== 'button' || link === null) return shown
    return this.#inChat(method, { ...params, ...messageParams(text, kind, link, false) }, photo, signal)
  }

  async #inChat(method: string, params: Params, photo: Uint8Array | null, signal: AbortSignal): Done {
    const chat = this.#chatId()
    if (!chat.ok) return chat
    const called = await this.#bot.call(method, { chat_id: chat.value, ...params }, photo, signal)
    if (called.ok || called.error.migratedTo === null || called.error.migratedTo === chat.value) return called
    this.#migratedTo = called.error.migratedTo
    this.#host.log.warn(
      { event_type: 'telegram_chat_migrated', new_chat_id: this.#migratedTo },
      'the group has a new number: put it into the config as chat_id',
    )
    // Messages of before are not in the new chat, and others have their numbers.
    return 'message_id' in params ? err({ ...called.error, reason: 'gone' }) : this.#inChat(method, params, photo, signal)
  }

  #chatId(): Result<string, BotFailure> {
    const { chat_id, chat_id_env = '' } = this.#config
    const id = this.#migratedTo ?? chat_id ?? this.#host.secrets.get(chat_id_env)?.trim()
    if (id !== undefined && isChatId(id)) return ok(id)
    const why = id === undefined ? 'is not set' : `holds no chat: ${CHAT_ID_RULE}`
    return err(failure(pluginError('invalid', `the environment variable ${chat_id_env} ${why}`)))
  }

  #photoOf({ thumbnail }: AlertMedia): Uint8Array | null {
    return this.#config.include_thumbnail && thumbnail !== null && thumbnail.length <= MOST_PHOTO_BYTES ? thumbnail : null
  }

  #isSilent({ risk_level }: Alert): boolean {
    const { silent_below } = this.#config
    return silent_below !== null && risk_level !== null && !riskAtLeast(risk_level, silent_below)
  }
}

function failure(error: PluginError): BotFailure {
  return { reason: null, migratedTo: null, error }
}

const NO_MESSAGE = failure(pluginError('unavailable', 'what answered is not the Bot API: check api_url'))
