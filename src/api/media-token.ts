import { createHmac } from 'node:crypto'
import type { Clock } from '../contracts/clock.ts'
import { sameSecret } from '../lib/same-secret.ts'

export const MEDIA_SCOPES = ['media', 'thumbnail'] as const
export type MediaScope = (typeof MEDIA_SCOPES)[number]

const VERSION = 'v1'
/** Long enough to watch and rewind; a link that leaks is worth little the next day. */
const LIFETIME_MS = 3_600_000
const EXPIRY_PATTERN = /^\d{1,11}$/

export interface MediaTokens {
  mint(clipId: string, scope: MediaScope): { readonly token: string; readonly expiresAt: Date }
  verify(token: string, clipId: string, scope: MediaScope): boolean
}

/** Signed links: nothing is stored, and a new API key ends them all. The signing key is derived, so a token never tests the API key. */
export function createMediaTokens(apiKey: string, clock: Pick<Clock, 'now'>): MediaTokens {
  const signingKey = createHmac('sha256', apiKey).update('homesec media token').digest()
  const sign = (clipId: string, scope: MediaScope, expiresS: string) =>
    createHmac('sha256', signingKey).update([VERSION, scope, clipId, expiresS].join('\n')).digest('base64url')

  return {
    mint(clipId, scope) {
      const expiresS = Math.ceil((clock.now().getTime() + LIFETIME_MS) / 1000)
      return {
        token: [VERSION, expiresS, sign(clipId, scope, String(expiresS))].join('.'),
        expiresAt: new Date(expiresS * 1000),
      }
    },
    verify(token, clipId, scope) {
      const [version, expiresS, signature, ...rest] = token.split('.')
      if (version !== VERSION || expiresS === undefined || signature === undefined || rest.length > 0) return false
      if (!EXPIRY_PATTERN.test(expiresS) || !sameSecret(signature, sign(clipId, scope, expiresS))) return false
      return clock.now().getTime() < Number(expiresS) * 1000
    },
  }
}
