import { createHmac } from 'node:crypto'

/**
 * HMAC-SHA256 over `timestamp + "." + body`, so that a recorded request cannot be replayed later with a new time.
 * @param timestamp seconds since 1970, as in the header
 */
export function signatureOf(secret: string, timestamp: string, body: string | Uint8Array): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`
}
