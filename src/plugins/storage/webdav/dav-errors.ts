import { codeOf, pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'
import { isCertificateError } from '../../../lib/certificate-error.ts'
import { kindOfStatus, retryAfterMs } from '../../../lib/http-errors.ts'
import { StorageFault } from '../../../lib/remote-storage/fault.ts'

/** What a status means beyond its class, and what the owner can do. */
const BY_STATUS: Readonly<Record<number, readonly [ErrorKind, string]>> = {
  400: ['invalid', 'the server does not understand us: check whether `url` must begin with https://'],
  401: [
    'rejected',
    'the server refuses the login: check the variables named by `username_env` and `password_env` (Nextcloud wants an app password)',
  ],
  403: ['rejected', 'the user may not do that there: check `root` and its permissions on the server'],
  404: ['invalid', 'there is no such folder: check `url` (Nextcloud: https://HOST/remote.php/dav/files/USER)'],
  405: ['invalid', 'the server takes no WebDAV there: check `url` (Nextcloud: https://HOST/remote.php/dav/files/USER)'],
  409: ['invalid', 'the folder above it is missing and could not be made: check `url` and `root`'],
  413: ['rejected', 'the server takes no file of that size: raise its limit of a request (nginx: client_max_body_size)'],
  414: ['invalid', 'the name is too long for the server'],
  423: ['unavailable', 'it is locked by somebody else'],
  429: ['unavailable', 'the server is asked too often'],
  503: ['unavailable', 'the server is busy or under maintenance'],
  507: ['unavailable', 'the server is full: free some space or raise the quota'],
}
const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** What Node's codes mean for the owner. All others are an outage that may pass. */
const BY_CODE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host: check the name in `url`',
  EAI_AGAIN: 'the name in `url` cannot be looked up now',
  ECONNREFUSED: 'nothing listens there: check the port in `url`',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
}
const NO_TLS = /^(EPROTO|ERR_SSL_)/

export class IdleTimeout extends Error {}

export function statusFault(action: string, status: number, retryAfter: string | null, now: Date): StorageFault {
  const [kind, meaning] = meaningOf(status)
  const error = pluginError(kind, `${action}: ${meaning} (status ${status})`)
  const waitMs = kind === 'unavailable' ? retryAfterMs(retryAfter, now) : undefined
  return new StorageFault(waitMs === undefined ? error : { ...error, retryAfterMs: waitMs })
}

function meaningOf(status: number): readonly [ErrorKind, string] {
  if (REDIRECTS.has(status)) return ['invalid', 'the server points elsewhere, which is not followed: write the final address into `url`']
  return BY_STATUS[status] ?? [kindOfStatus(status), status >= 500 ? 'the server failed' : 'the server refused']
}

/** For what Node throws. Its error is not kept as cause: it may carry headers, and with them the password. */
export function networkError(cause: unknown): PluginError {
  if (cause instanceof IdleTimeout) return pluginError('timeout', 'the server fell silent: raise `idle_timeout_s` if it is only slow')
  const code = codeOf(cause)
  if (isCertificateError(code)) {
    return pluginError(
      'rejected',
      `the certificate of the server is not trusted: name it in \`ca_file\`, or correct the host in \`url\` (${code})`,
    )
  }
  if (NO_TLS.test(code)) return pluginError('invalid', `the server does not speak TLS there: check scheme and port in \`url\` (${code})`)
  if (!/^[A-Z][A-Z0-9_]+$/.test(code)) return pluginError('bug', cause instanceof Error ? cause.message : String(cause))
  return pluginError('unavailable', `the WebDAV server cannot be reached: ${BY_CODE[code] ?? 'the network failed'} (${code})`)
}
