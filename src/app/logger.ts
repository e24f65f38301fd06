import { pino, type Logger as Pino } from 'pino'
import pretty from 'pino-pretty'
import type { LogFields, Logger } from '../contracts/logger.ts'
import { currentLogContext } from '../lib/log-context.ts'
import { redactDeep, type Redact } from '../lib/redact.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogLine {
  readonly ts: string
  readonly level: LogLevel
  readonly message: string
  /** Context included, secrets gone. */
  readonly fields: LogFields
}

export interface LogOptions {
  readonly level: LogLevel
  /** `pretty` for a person at a terminal, else one JSON object per line. */
  readonly format: 'json' | 'pretty'
  readonly redact: Redact
  /** Sees every line of at least `level`; for telemetry. */
  readonly tee?: (line: LogLine) => void
  /** A file descriptor; standard error if absent. */
  readonly destination?: number
}

/** The log on standard error. What goes in may hold anything; what comes out holds no secret. */
export function createLogger(options: LogOptions): Logger {
  const sink = createSink(options)
  const threshold = LOG_LEVELS.indexOf(options.level)
  const at = (level: LogLevel) => (fields: LogFields, message: string) => {
    if (LOG_LEVELS.indexOf(level) < threshold) return
    const clean = asFields(redactDeep(withPlainErrors({ ...currentLogContext(), ...fields }), options.redact))
    const text = options.redact(message)
    sink[level](clean, text)
    options.tee?.({ ts: new Date().toISOString(), level, message: text, fields: clean })
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function createSink({ level, format, destination = 2 }: LogOptions): Pino {
  const output = pino.destination({ dest: destination, sync: true })
  output.on('error', () => undefined) // the disk under the log is full, or nobody reads it: no reason to stop recording
  const settings = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  if (format === 'json') return pino(settings, output)
  const stream = pretty({
    destination: output,
    colorize: process.stderr.isTTY,
    translateTime: 'SYS:HH:MM:ss',
    ignore: 'event_type,config_hash',
    singleLine: true,
  })
  return pino({ ...settings, formatters: {} }, stream)
}

/** Errors hide their message from JSON; a stack is for the debug level of the one who asks. */
function withPlainErrors(fields: LogFields): LogFields {
  const { cause, ...rest } = fields
  if (cause === undefined) return rest
  return { ...rest, cause: cause instanceof Error ? (cause.stack ?? cause.message) : cause }
}

function asFields(value: unknown): LogFields {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
