import { spellings } from './secret-forms.ts'

export type Redact = (text: string) => string

const MASK = '***'

/**
 * Credentials in a URL. Up to the last `@` before a blank: a password may hold `@`, `/`, `?` and `#`, however wrongly.
 * Digits and a slash after the colon are a port, and a bracket begins an IPv6 address.
 */
const URL_CREDENTIALS = /:\/\/(?!\[)(?:[^\s/?#@:"<>`]{0,200}:(?!\d{1,5}(?:[/?#]|$))[^\s"<>`]{0,1000}@|[^\s/?#:"<>`]{1,1000}@)/g

const NAMED_VALUE =
  /(?<![a-z0-9])((?:[a-z0-9]{1,20}[_-]){0,3}(?:token|password|passwd|passphrase|secret|signature)|(?<![_-])(?:pass|pwd|key|sig|auth)|(?:x-)?(?:api|access)[_-]?key)=([^&\s"'#;,)]+)/gi

const AUTHORIZATION = /\b(authorization\s*[:=]\s*(?:[a-z]+\s+)?|bearer\s+)[a-z0-9._~+/=:-]{8,}/gi

const SECRET_FIELD = /(?:^|[_-])(?:password|passwd|passphrase|secret|token|authorization|cookie|dsn|api[_-]?key)$/i

const MAX_DEPTH = 8

/**
 * Takes secrets out of a text: the given values in every spelling they may have there, credentials in URLs, and values named
 * like a secret (`token=…`). Values under four characters are left alone.
 */
export function createRedactor(secretValues: readonly string[]): Redact {
  const known = spellings(secretValues)
  const pattern = known.length === 0 ? null : new RegExp(known.map(toPattern).join('|'), 'g')
  return (text) => {
    const withoutKnown = pattern === null ? text : text.replace(pattern, MASK)
    return withoutPatterns(withoutKnown)
  }
}

/** Each check before a pattern is the fast path: most lines have none of these. */
function withoutPatterns(text: string): string {
  let clean = text
  if (clean.includes('://'))
    clean = clean.replace(URL_CREDENTIALS, (found) => (found.includes(':', 3) ? `://${MASK}:${MASK}@` : `://${MASK}@`))
  if (/bearer|authorization/i.test(clean)) clean = clean.replace(AUTHORIZATION, `$1${MASK}`)
  if (clean.includes('=')) clean = clean.replace(NAMED_VALUE, `$1=${MASK}`)
  return clean
}

/** Escapes for a regular expression; the hex digits of a percent encoding match in both cases. */
function toPattern(spelling: string): string {
  const escaped = spelling.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return escaped.replace(/%[0-9a-f]{2}/gi, (code) =>
    code.replace(/[a-f]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`),
  )
}

/** The same for anything that is logged: strings at any depth, errors with their stacks and causes, and fields named like a secret. */
export function redactDeep(value: unknown, redact: Redact): unknown {
  return cleaned(value, redact, [])
}

function cleaned(value: unknown, redact: Redact, parents: readonly object[]): unknown {
  if (typeof value === 'string') return redact(value)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (parents.includes(value)) return '[circular]'
  if (parents.length >= MAX_DEPTH) return '[too deep]'
  return cleanedObject(value, redact, [...parents, value])
}

function cleanedObject(value: object, redact: Redact, path: readonly object[]): unknown {
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Error) return cleanedError(value, redact, path)
  if (value instanceof URL) return redact(value.href)
  if (value instanceof Map) return cleaned(Object.fromEntries(value), redact, path)
  if (Array.isArray(value) || value instanceof Set) return [...value].map((item) => cleaned(item, redact, path))
  return cleanedFields(Object.entries(value), redact, path)
}

function cleanedError(error: Error, redact: Redact, path: readonly object[]): unknown {
  const { name, message, stack, cause } = error
  const own = Object.entries(error).filter(([key]) => !['name', 'message', 'stack', 'cause'].includes(key))
  const about = { name, message, stack, ...(cause === undefined ? {} : { cause }) }
  return cleanedFields([...Object.entries(about), ...own], redact, path)
}

function cleanedFields(entries: ReadonlyArray<readonly [string, unknown]>, redact: Redact, path: readonly object[]): unknown {
  return Object.fromEntries(
    entries.map(([key, item]) => [redact(key), typeof item === 'string' && SECRET_FIELD.test(key) ? MASK : cleaned(item, redact, path)]),
  )
}
