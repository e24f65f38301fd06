import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import { codeOf, messageOf } from '../../../../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../../../../contracts/result.ts'
import type { Secrets } from '../../../../contracts/secrets.ts'
import type { ServerConfig } from '../server-config.ts'

const HANDSHAKE_MS = 15_000

/** Reads certificate and key. The error is for the owner. */
export async function loadTls(tls: NonNullable<ServerConfig['tls']>, secrets: Secrets): Promise<Result<SecureContext, string>> {
  const cert = await readPem(tls.cert)
  if (!cert.ok) return cert
  const key = tls.key === undefined ? keyFromEnv(tls.key_env, secrets) : await readPem(tls.key)
  if (!key.ok) return key
  return attempt(
    async () => createSecureContext({ cert: cert.value, key: key.value, minVersion: 'TLSv1.2' }),
    // OpenSSL's words may quote the file; its code does not.
    (cause) => `the certificate ${tls.cert} and its key do not work together (${codeOf(cause) || 'not valid'})`,
  )
}

function keyFromEnv(name: string | undefined, secrets: Secrets): Result<string, string> {
  const key = name === undefined ? undefined : secrets.get(name)
  return key === undefined ? err('the variable with the key of the certificate is not set') : ok(key)
}

function readPem(path: string): Promise<Result<string, string>> {
  return attempt(
    () => readFile(path, 'utf8'),
    (cause) => `${path} cannot be read (${codeOf(cause) || messageOf(cause)})`,
  )
}

/** Begins encryption on a connection, as its server. Rejects when the other side does not, or not in time; the connection is then closed. */
export function encrypt(socket: Socket, secureContext: SecureContext): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = new TLSSocket(socket, { isServer: true, secureContext })
    const fail = (cause: unknown) => {
      clearTimeout(timer)
      secured.destroy()
      reject(cause instanceof Error ? cause : new Error('no encryption'))
    }
    const timer = setTimeout(fail, HANDSHAKE_MS, new Error('no encryption in time'))
    const closed = () => fail(new Error('closed before it was encrypted'))
    secured.on('error', fail) // stays: an error after this must not be unheard
    secured.once('close', closed)
    secured.once('secure', () => {
      clearTimeout(timer)
      secured.off('close', closed)
      resolve(secured)
    })
  })
}
