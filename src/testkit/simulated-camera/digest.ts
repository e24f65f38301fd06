import { createHash, timingSafeEqual } from 'node:crypto'

export interface Credentials {
  readonly username: string
  readonly password: string
  /** Also offer `qop="auth"`; most cameras speak the older form only. A client may use either. */
  readonly qop?: boolean
}

export interface Challenge {
  readonly realm: string
  readonly nonce: string
}

export function challengeHeader({ realm, nonce }: Challenge, options: { readonly qop: boolean; readonly stale: boolean }): string {
  const extras = `${options.qop ? ', qop="auth", algorithm=MD5' : ''}${options.stale ? ', stale=true' : ''}`
  return `Digest realm="${realm}", nonce="${nonce}"${extras}`
}

const FIELD = /([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi

/** The fields of an `Authorization: Digest …` header; null for another scheme. */
export function parseDigest(header: string): ReadonlyMap<string, string> | null {
  const [, fields] = /^digest\s+(.*)$/i.exec(header.trim()) ?? []
  if (fields === undefined) return null
  const entries = [...fields.matchAll(FIELD)].map(([, name = '', quoted, bare = '']): [string, string] => [
    name.toLowerCase(),
    quoted?.replace(/\\(.)/g, '$1') ?? bare,
  ])
  return new Map(entries)
}

export type Verdict = 'right' | 'wrong' | 'stale'

/** RFC 2617 with MD5, which is what cameras speak. */
export function checkDigest(
  header: string | undefined,
  request: { readonly method: string; readonly uri: string },
  challenge: Challenge,
  credentials: Credentials,
): Verdict {
  const given = header === undefined ? null : parseDigest(header)
  if (given === null) return 'wrong'
  if (given.get('nonce') !== challenge.nonce) return 'stale'
  if (given.get('username') !== credentials.username || given.get('uri') !== request.uri) return 'wrong'
  const expected = digestResponse(request, challenge, credentials, {
    qop: given.get('qop') ?? null,
    nc: given.get('nc') ?? '',
    cnonce: given.get('cnonce') ?? '',
  })
  return sameText(given.get('response') ?? '', expected) ? 'right' : 'wrong'
}

export function digestResponse(
  request: { readonly method: string; readonly uri: string },
  { realm, nonce }: Challenge,
  { username, password }: Credentials,
  client: { readonly qop: string | null; readonly nc: string; readonly cnonce: string },
): string {
  const secret = md5(`${username}:${realm}:${password}`)
  const what = md5(`${request.method}:${request.uri}`)
  return md5(client.qop === null ? `${secret}:${nonce}:${what}` : `${secret}:${nonce}:${client.nc}:${client.cnonce}:${client.qop}:${what}`)
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
