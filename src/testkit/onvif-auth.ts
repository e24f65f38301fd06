import { createHash, randomBytes } from 'node:crypto'

export interface DeviceUser {
  readonly username: string
  readonly password: string
}

export type Verdict = 'none' | 'right' | 'wrong'

/** Devices with protection against replay refuse what is older. */
const FRESH_MS = 5_000

/** WS-Security UsernameToken with a digest: verified as a careful device does, nonce and clock included. */
export class UsernameTokens {
  readonly #user: DeviceUser
  readonly #seen = new Set<string>()

  constructor(user: DeviceUser) {
    this.#user = user
  }

  verify(message: string, deviceTime: Date): Verdict {
    const username = textOf(message, 'Username')
    if (username === null) return 'none'
    const [digest, nonce, created] = ['Password', 'Nonce', 'Created'].map((name) => textOf(message, name) ?? '')
    if (digest === undefined || nonce === undefined || created === undefined) return 'wrong'
    if (!/<Password[^>]*#PasswordDigest"/.test(message) || this.#seen.has(nonce)) return 'wrong'
    this.#seen.add(nonce)
    if (!(Math.abs(Date.parse(created) - deviceTime.getTime()) <= FRESH_MS)) return 'wrong'
    const hash = createHash('sha1').update(Buffer.from(nonce, 'base64')).update(created).update(this.#user.password)
    return username === this.#user.username && digest === hash.digest('base64') ? 'right' : 'wrong'
  }
}

/** HTTP digest (RFC 7616, MD5 and qop=auth) as devices do that no longer accept tokens. */
export class HttpDigest {
  readonly #user: DeviceUser
  readonly #nonce = randomBytes(12).toString('hex')

  constructor(user: DeviceUser) {
    this.#user = user
  }

  get challenge(): string {
    return `Digest realm="IP Camera", qop="auth", nonce="${this.#nonce}", algorithm=MD5`
  }

  verify(authorization: string | undefined, method: string): Verdict {
    if (authorization === undefined) return 'none'
    const field = (name: string) => new RegExp(`\\b${name}="?([^",]*)`).exec(authorization)?.[1] ?? ''
    const md5 = (text: string) => createHash('md5').update(text).digest('hex')
    const ha1 = md5(`${this.#user.username}:IP Camera:${this.#user.password}`)
    const ha2 = md5(`${method}:${field('uri')}`)
    const expected = md5([ha1, this.#nonce, field('nc'), field('cnonce'), 'auth', ha2].join(':'))
    return field('username') === this.#user.username && field('response') === expected ? 'right' : 'wrong'
  }
}

/** As XML has it: entities resolved. */
function textOf(message: string, name: string): string | null {
  const found = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^>]*)?>([^<]*)<`).exec(message)?.[1]
  return (
    found?.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&apos;', "'").replaceAll('&amp;', '&') ??
    null
  )
}
