import { codeOf, messageOf, pluginError, type ErrorKind, type PluginError } from '../contracts/errors.ts'

/** What a failed call says about itself, and about the connection it ran on. */
export interface DatabaseFailure {
  readonly error: PluginError
  /** The server is not there (or not answering): every other call would fail the same way. */
  readonly connectionLost: boolean
  /** The server says its files are damaged. */
  readonly damaged: boolean
}

/** SQLSTATE, whole or by class, longest match first; then Node's own codes. */
const KIND_BY_CODE: Readonly<Record<string, ErrorKind>> = {
  '57014': 'timeout', // statement_timeout
  '55P03': 'timeout', // lock_timeout
  '57P': 'unavailable', // server shutting down, starting up, killed our session
  '08': 'unavailable', // connection failures
  '53': 'unavailable', // disk full, out of memory, too many connections
  '58': 'unavailable', // I/O errors below the database
  '40': 'unavailable', // serialisation failure, deadlock
  '25006': 'unavailable', // read-only: a replica, until it is promoted
  XX: 'unavailable', // internal error, damaged files
  '28': 'rejected', // password, pg_hba
  '3D': 'rejected', // no such database
  '42501': 'rejected', // permission
  '42P01': 'unavailable', // no such table: a new or restored server, until it is migrated
  '3F000': 'unavailable', // no such schema, likewise
  '22': 'invalid', // a value that the column cannot hold
  '23': 'invalid', // constraint
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  ENOENT: 'unavailable', // no socket
  EPIPE: 'unavailable',
  ENOTFOUND: 'unavailable',
  EAI_AGAIN: 'unavailable',
  EHOSTUNREACH: 'unavailable',
  ENETUNREACH: 'unavailable',
  ETIMEDOUT: 'timeout',
}
/** After these, connect anew: and with it, migrate. */
const LOST_CLASSES = ['57P', '08', '42P01', '3F000']
const DAMAGE_CODES = ['XX001', 'XX002', '58P01']

/** The driver's own failures carry no code, only these sentences. */
const KIND_BY_DRIVER_MESSAGE: readonly (readonly [string, ErrorKind, boolean])[] = [
  ['Query read timeout', 'timeout', true], // the server took the query and never answered
  ['Connection terminated', 'unavailable', true],
  ['timeout expired', 'unavailable', true],
  ['Client has encountered a connection error', 'unavailable', true],
  ['Client was closed', 'unavailable', true],
  ['Cannot use a pool after calling end', 'unavailable', true],
  ['timeout exceeded when trying to connect', 'timeout', false], // all our own connections are busy
  ['The server does not support SSL', 'rejected', true],
  ['SASL', 'rejected', true], // no or wrong password
  ['password', 'rejected', true],
]

const isSqlState = (code: string) => /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code)

function kindOfCode(code: string): ErrorKind | undefined {
  if (!isSqlState(code)) return KIND_BY_CODE[code]
  return KIND_BY_CODE[code] ?? KIND_BY_CODE[code.slice(0, 3)] ?? KIND_BY_CODE[code.slice(0, 2)]
}

/** Names the code, never the text: a server's message may quote the value or the address that it was given. */
export function describeFailure(cause: unknown): DatabaseFailure {
  const code = codeOf(cause)
  const byCode = kindOfCode(code)
  if (byCode !== undefined) {
    const connectionLost = isSqlState(code) ? LOST_CLASSES.some((prefix) => code.startsWith(prefix)) : true
    return { error: pluginError(byCode, `database: ${byCode} (${code})`, cause), connectionLost, damaged: DAMAGE_CODES.includes(code) }
  }
  const message = messageOf(cause)
  const byMessage = KIND_BY_DRIVER_MESSAGE.find(([start]) => message.includes(start))
  if (byMessage !== undefined) {
    const [sentence, kind, connectionLost] = byMessage
    return { error: pluginError(kind, `database: ${kind} (${sentence})`, cause), connectionLost, damaged: false }
  }
  return {
    error: pluginError('bug', `database: unexpected failure${code === '' ? '' : ` (${code})`}`, cause),
    connectionLost: false,
    damaged: false,
  }
}
