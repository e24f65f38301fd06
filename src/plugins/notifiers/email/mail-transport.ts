import type { PluginError } from '../../../contracts/errors.ts'
import type { Result } from '../../../contracts/result.ts'
import type { Mail } from './compose-mail.ts'

/** The way a mail leaves the house. Both calls end soon after `signal` aborts, and reject then and on network errors they do not know. */
export interface MailTransport {
  /** Ok once the other side has taken the mail for at least one recipient. */
  deliver(mail: Mail, signal: AbortSignal): Promise<Result<void, PluginError>>
  /** Connects and logs in; sends nothing. */
  check(signal: AbortSignal): Promise<Result<void, PluginError>>
}
