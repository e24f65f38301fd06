import type { LogFields, Logger } from '../contracts/logger.ts'

/** The same log, with `fields` on every line; a line's own fields come first. */
export function logWith(log: Logger, fields: LogFields): Logger {
  return {
    debug: (own, message) => log.debug({ ...fields, ...own }, message),
    info: (own, message) => log.info({ ...fields, ...own }, message),
    warn: (own, message) => log.warn({ ...fields, ...own }, message),
    error: (own, message) => log.error({ ...fields, ...own }, message),
  }
}
