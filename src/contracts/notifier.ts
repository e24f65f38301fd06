import type { Alert, AlertMedia, SystemAlert } from './alert.ts'
import type { PluginError } from './errors.ts'
import type { Result } from './result.ts'

/** Tells the household. */
export interface Notifier extends AsyncDisposable {
  /** false: `media.thumbnail` is of no use here, so a first alert does not wait for it and comes without. Absent: it waits. */
  readonly showsPictures?: boolean
  /**
   * Delivers one alert, or takes it durably for later delivery (an outbox on disk counts).
   *
   * At least once: the core calls again with the same `dedupe_key` after a retryable error.
   *
   * An alert may come in two stages (`alert.stage`), in order. A channel that can edit or replace a message does so with the second,
   * by `dedupe_key` or by `media.replaces`; one that cannot sends a second message, and stays silent about a withdrawal.
   * @param signal aborts at the stage deadline or at shutdown; return `cancelled` or `timeout` promptly.
   * @returns `unavailable` or `timeout` when a retry may help, `rejected` for bad credentials, `invalid` when the other side refuses the message.
   */
  send(alert: Alert, media: AlertMedia, signal: AbortSignal): Promise<Result<void, PluginError>>
  /**
   * Delivers news about HomeSec itself. A notifier without a place for it returns ok and does nothing; but for a digest (`isAboutAlerts`),
   * which counts as told once it was taken.
   */
  sendSystem(alert: SystemAlert, signal: AbortSignal): Promise<Result<void, PluginError>>
  /** Whether an alert would be delivered now. */
  ping(signal: AbortSignal): Promise<Result<void, PluginError>>
}
