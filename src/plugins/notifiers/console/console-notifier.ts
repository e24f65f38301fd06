import { isAboutAlerts, type Alert, type AlertMedia, type SystemAlert } from '../../../contracts/alert.ts'
import { messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { Notifier } from '../../../contracts/notifier.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { ConsoleConfig } from './config.ts'
import { formatAlert, formatSystemAlert, type AlertLook } from './format-alert.ts'

/** The part of a `tty.WriteStream` that is used; any writable stream has it. */
export type TerminalStream = Pick<NodeJS.WritableStream, 'write' | 'on' | 'removeListener'> & { readonly hasColors?: () => boolean }

export interface ConsoleOptions {
  readonly stream: TerminalStream
  /** Absent: the machine's own. */
  readonly timeZone?: string
}

const CANCELLED = err(pluginError('cancelled', 'printing was cancelled'))
const ignore = () => undefined

/** Prints alerts for a person at a terminal. */
export class ConsoleNotifier implements Notifier {
  readonly #config: ConsoleConfig
  readonly #stream: TerminalStream
  readonly #look: AlertLook
  #disposed = false

  constructor(config: Pick<ConsoleConfig, 'system'> & Partial<ConsoleConfig>, options: ConsoleOptions) {
    this.#config = { stream: 'stderr', ...config }
    this.#stream = options.stream
    this.#look = {
      colour: options.stream.hasColors?.() ?? false,
      ...(options.timeZone === undefined ? {} : { timeZone: options.timeZone }),
    }
    // The write's callback tells us already; without a listener a closed pipe would end the whole process.
    this.#stream.on('error', ignore)
  }

  send(alert: Alert, _media: AlertMedia, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#print(() => formatAlert(alert, this.#look), signal)
  }

  async sendSystem(alert: SystemAlert, signal: AbortSignal): Promise<Result<void, PluginError>> {
    if (!this.#config.system && !isAboutAlerts(alert) && !this.#disposed && !signal.aborted) return ok()
    return this.#print(() => formatSystemAlert(alert, this.#look), signal)
  }

  async ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#disposed || signal.aborted ? CANCELLED : ok()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    this.#stream.removeListener('error', ignore)
  }

  async #print(format: () => string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    if (this.#disposed || signal.aborted) return CANCELLED
    const block = `${format()}\n`
    return new Promise((resolve) => {
      const onAbort = () => resolve(CANCELLED)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#stream.write(block, (cause) => {
        signal.removeEventListener('abort', onAbort)
        resolve(cause ? err(pluginError('unavailable', `the terminal cannot be written to: ${messageOf(cause)}`, cause)) : ok())
      })
    })
  }
}
