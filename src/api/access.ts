import type { IncomingHttpHeaders } from 'node:http'
import type { ProblemCode } from '../contracts/api/problem.ts'
import { sameSecret } from '../lib/same-secret.ts'

/** What a route asks for. A route that says nothing asks for the key. */
export type Access = 'open' | 'key' | 'media'
export type Proof = 'absent' | 'wrong' | 'right'

export interface AccessFacts {
  readonly access: Access
  readonly authEnabled: boolean
  readonly keyConfigured: boolean
  readonly key: Proof
  /** Token of a media link; `absent` on every other route. */
  readonly token: Proof
}

/** Null: come in. */
export function decideAccess(facts: AccessFacts): ProblemCode | null {
  if (facts.access === 'open' || !facts.authEnabled) return null
  if (!facts.keyConfigured) return 'API_KEY_NOT_CONFIGURED'
  if (facts.key === 'right') return null
  if (facts.access !== 'media') return 'UNAUTHORIZED'
  if (facts.token === 'right') return null
  return facts.key === 'wrong' && facts.token === 'absent' ? 'UNAUTHORIZED' : 'MEDIA_TOKEN_REJECTED'
}

/** The key may come as a bearer token or in its own header; one right one is enough. */
export function proofOfKey(headers: IncomingHttpHeaders, apiKey: string | null): Proof {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const offered = [bearer, headers['x-api-key']].flat().filter((value) => value !== undefined && value !== '')
  if (offered.length === 0) return headers.authorization === undefined ? 'absent' : 'wrong'
  if (apiKey === null || apiKey === '') return 'wrong'
  return offered.some((value) => value !== undefined && sameSecret(value, apiKey)) ? 'right' : 'wrong'
}

/** Host header without its port. */
export function hostName(header: string | undefined): string {
  return (header ?? '').replace(/:\d+$/, '')
}
