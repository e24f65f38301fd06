import { codeOf, messageOf, pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'
import { fault, type StorageFault } from '../../../lib/remote-storage/fault.ts'

/** https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02#section-7 */
export const SFTP_STATUS = { NO_SUCH_FILE: 2, PERMISSION_DENIED: 3, FAILURE: 4 } as const

const BY_STATUS: Readonly<Record<number, readonly [ErrorKind, string]>> = {
  1: ['unavailable', 'the file ended too early'],
  2: ['invalid', 'the server has no such file or folder: check `root`'],
  3: ['rejected', 'the user may not do that there: check `root` and its owner and permissions on the server'],
  // The one word of OpenSSH for a full disk, a used-up quota and whatever else.
  4: ['unavailable', 'the server failed, most often since its disk is full or the quota used up'],
  5: ['invalid', 'the server did not understand the request'],
  8: ['invalid', 'the server cannot do that'],
}
const BY_CODE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host: check `host`',
  EAI_AGAIN: 'the name in `host` cannot be looked up now',
  ECONNREFUSED: 'nothing listens there: check `host` and `port`',
  EHOSTUNREACH: 'there is no way to `host`',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
}

export class ConnectionLost extends Error {}

/** The status of an answer to an SFTP request; undefined for all other failures. */
export function statusOf(cause: unknown): number | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'number' ? cause.code : undefined
}

/** For failures once logged in. */
export function sftpError(cause: unknown): PluginError {
  const status = statusOf(cause)
  if (status !== undefined) {
    const [kind, meaning] = BY_STATUS[status] ?? ['unavailable', 'the connection was lost']
    return pluginError(kind, `${meaning} (SFTP status ${status})`, cause)
  }
  if (cause instanceof ConnectionLost) return pluginError('unavailable', cause.message)
  const code = codeOf(cause)
  if (/^E[A-Z]+$/.test(code)) return pluginError('unavailable', `${BY_CODE[code] ?? 'it failed'} (${code})`, cause)
  return pluginError('bug', messageOf(cause), cause)
}

/** Where in the way to a session it ended, as ssh2 says in `level`. */
const BY_LEVEL: Readonly<Record<string, readonly [ErrorKind, string]>> = {
  'client-authentication': [
    'rejected',
    'the server refuses the login: check `username` and what `password_env`, `private_key_file` or `private_key_env` names',
  ],
  'client-timeout': ['unavailable', 'no answer in time: check `host` and `port`, or raise `connect_timeout_s`'],
  'client-dns': ['unavailable', BY_CODE['ENOTFOUND'] ?? ''],
  handshake: ['invalid', 'no agreement on how to encrypt; the server may be too old'],
  protocol: ['invalid', 'that is no SSH server: check `host` and `port`'],
}

/** For failures on the way to a session. ssh2's errors are not kept as cause: they may carry its settings, and with them the login. */
export function connectFault(cause: unknown): StorageFault {
  const code = codeOf(cause)
  if (BY_CODE[code] !== undefined) return fault('unavailable', `${BY_CODE[code]} (${code})`)
  // An sshd with too many clients, or one that has locked us out for a while, hangs up like this.
  if (/^Connection lost/.test(messageOf(cause)))
    return fault(
      'unavailable',
      'the server hung up before the login: check `port`; or it has too many clients, or has locked us out for a while',
    )
  const level = cause instanceof Error && 'level' in cause ? String(cause.level) : ''
  const [kind, meaning] = BY_LEVEL[level] ?? ['unavailable', 'the connection ended before it was usable']
  return fault(kind, level === 'handshake' ? `${meaning} (${messageOf(cause)})` : meaning)
}
