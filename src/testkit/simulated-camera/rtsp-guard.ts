import { randomBytes } from 'node:crypto'
import { challengeHeader, checkDigest, type Credentials } from './digest.ts'
import type { RtspRequest } from './rtsp-reader.ts'
import type { RtspResponse } from './rtsp-response.ts'

/** Lets in who knows the password of the moment; one nonce per connection. */
export class RtspGuard {
  readonly #credentials: () => Credentials | null
  readonly #challenge = { realm: 'IP Camera', nonce: randomBytes(16).toString('hex') }

  constructor(credentials: () => Credentials | null) {
    this.#credentials = credentials
  }

  /** The 401 to answer, or null when the request may pass. */
  refusal(request: RtspRequest): RtspResponse | null {
    const credentials = this.#credentials()
    // Clients ask for the options before they know that a password is wanted.
    if (credentials === null || request.method === 'OPTIONS') return null
    const header = request.headers.get('authorization')
    const verdict = checkDigest(header, request, this.#challenge, credentials)
    if (verdict === 'right') return null
    const options = { qop: credentials.qop ?? false, stale: verdict === 'stale' }
    return { status: 401, headers: { 'WWW-Authenticate': challengeHeader(this.#challenge, options) } }
  }
}
