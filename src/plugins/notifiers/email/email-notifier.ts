import { isAboutAlerts, type Alert, type AlertMedia, type SystemAlert } from '../../../contracts/alert.ts'
import type { PluginError } from '../../../contracts/errors.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import { ok, type Result } from '../../../contracts/result.ts'
import { LimitedCalls } from '../../../lib/limited-calls.ts'
import { parseAddress } from './address.ts'
import { alertMail, systemMail, type MailLook } from './compose-mail.ts'
import type { EmailConfig } from './config.ts'
import type { MailTransport } from './mail-transport.ts'

/** Sends each alert as a mail. A mail cannot be changed: what follows a first alert is an answer to it, and a withdrawal is silent unless wanted. */
export class EmailNotifier implements Notifier {
  readonly #config: EmailConfig
  readonly #transport: MailTransport
  readonly #look: MailLook
  readonly #calls: LimitedCalls

  constructor(config: EmailConfig, transport: MailTransport, who: string) {
    this.#config = config
    this.#transport = transport
    this.#look = { domain: parseAddress(config.from).address.split('@')[1] ?? 'homesec', includeThumbnail: config.include_thumbnail }
    this.#calls = new LimitedCalls(who, config.timeout_s * 1000)
  }

  send(alert: Alert, media: AlertMedia, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      if (alert.stage === 'withdrawn' && !this.#config.withdrawals) return ok()
      const mail = alertMail(alert, media, this.#look)
      const sent = await this.#transport.deliver(mail, limited)
      if (sent.ok) media.onReceipt?.(mail.messageId)
      return sent
    })
  }

  sendSystem(alert: SystemAlert, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) =>
      this.#config.system || isAboutAlerts(alert) ? this.#transport.deliver(systemMail(alert, this.#look), limited) : ok(),
    )
  }

  ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, (limited) => this.#transport.check(limited))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#calls[Symbol.asyncDispose]()
  }
}
