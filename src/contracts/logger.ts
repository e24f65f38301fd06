export type LogFields = Readonly<Record<string, unknown>>

/** Facts first, then a short constant sentence: `log.warn({ event_type: 'upload_failed', kind }, 'upload failed, continuing')`. */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}
