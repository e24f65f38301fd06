import { badInput, json, unauthorized, type Answer } from './answer.ts'

export const ALL_SCOPES = ['account_info.read', 'files.metadata.read', 'files.content.read', 'files.content.write'] as const

interface AccessToken {
  readonly expiresAtMs: number
  readonly scopes: readonly string[]
}

export interface AppCredentials {
  readonly appKey: string
  /** Null: an app that uses PKCE. */
  readonly appSecret: string | null
  readonly refreshToken: string
}

const LIFE_S = 14_400

/** Tokens and what they allow: https://developers.dropbox.com/oauth-guide */
export class Grants {
  readonly app: AppCredentials
  /** What tokens from now on may do. */
  scopes: readonly string[] = ALL_SCOPES
  lifeS = LIFE_S
  refreshTokenRevoked = false
  refreshes = 0
  readonly #tokens = new Map<string, AccessToken>()
  readonly #nowMs: () => number
  #count = 0

  constructor(app: AppCredentials, nowMs: () => number) {
    this.app = app
    this.#nowMs = nowMs
  }

  issue(): string {
    this.#count += 1
    const token = `sl.u.access-token-${this.#count}`
    this.#tokens.set(token, { expiresAtMs: this.#nowMs() + this.lifeS * 1000, scopes: this.scopes })
    return token
  }

  expireAll(): void {
    for (const [token, { scopes }] of this.#tokens) this.#tokens.set(token, { scopes, expiresAtMs: 0 })
  }

  /** Why this request may not call a route; null when it may. */
  refusal(route: string, authorization: string | undefined, scope: string): Answer | null {
    if (authorization === undefined) return badInput(route, 'Must provide HTTP header "Authorization" or URL parameter "authorization".')
    const token = /^Bearer ([\x21-\x7e]+)$/.exec(authorization)?.[1]
    if (token === undefined || !token.startsWith('sl.')) return badInput(route, 'The given OAuth 2 access token is malformed.')
    const known = this.#tokens.get(token)
    if (known === undefined) return unauthorized('invalid_access_token')
    if (known.expiresAtMs <= this.#nowMs()) return unauthorized('expired_access_token')
    return known.scopes.includes(scope) ? null : unauthorized('missing_scope', { required_scope: scope })
  }

  /** POST /oauth2/token */
  refresh(form: URLSearchParams): Answer {
    this.refreshes += 1
    if (form.get('grant_type') !== 'refresh_token') return oauthError('unsupported_grant_type', 'grant type is not supported here')
    const { appKey, appSecret, refreshToken } = this.app
    if (form.get('client_id') !== appKey || (form.get('client_secret') ?? null) !== appSecret) {
      return oauthError('invalid_client: Invalid client_id or client_secret', '')
    }
    if (form.get('refresh_token') !== refreshToken || this.refreshTokenRevoked) {
      return oauthError('invalid_grant', 'refresh token is invalid or revoked')
    }
    return json({ access_token: this.issue(), token_type: 'bearer', expires_in: this.lifeS })
  }
}

function oauthError(error: string, error_description: string): Answer {
  return json({ error, error_description }, 400)
}
