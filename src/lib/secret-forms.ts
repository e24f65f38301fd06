/** Shorter values would blank out half the log, and are no secrets. */
const MIN_LENGTH = 4
const MIN_PARTIAL_BASE64 = 6
const MIN_LINE = 16

const URL_WITH_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/([^\s/?#:]*):(.*)@/i

/** Every spelling under which these secrets can turn up in a text, longest first, so that none hides inside another. */
export function spellings(secrets: readonly string[]): string[] {
  const all = secrets.flatMap((secret) => parts(secret)).filter(longEnough)
  return [...new Set(all.flatMap(encodings))].filter(longEnough).sort((a, b) => b.length - a.length)
}

/** The secret, the password inside it where it is a URL, and the lines of a key file: each is quoted alone by some library. */
function parts(secret: string): string[] {
  const password = URL_WITH_PASSWORD.exec(secret)?.[2]
  const lines = secret.split(/\r?\n/)
  const found = lines.length > 1 ? [secret, secret.trim(), ...lines.filter((line) => line.length >= MIN_LINE)] : [secret, secret.trim()]
  return password === undefined ? found : [...found, password, percentDecoded(password)]
}

function encodings(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    percentEncoded(secret),
    asUrlPassword(secret),
    formEncoded(secret),
    ...base64(secret),
  ]
}

function longEnough(text: string): boolean {
  return text.length >= MIN_LENGTH
}

function percentEncoded(secret: string): string {
  try {
    return encodeURIComponent(secret)
  } catch {
    return secret // a lone surrogate has no encoding
  }
}

function percentDecoded(secret: string): string {
  try {
    return decodeURIComponent(secret)
  } catch {
    return secret
  }
}

/** `URL` encodes fewer characters than `encodeURIComponent`. */
function asUrlPassword(secret: string): string {
  const url = new URL('http://host')
  url.password = secret
  return url.password
}

function formEncoded(secret: string): string {
  return new URLSearchParams({ s: secret }).toString().slice(2)
}

/** Alone, and as a part of something longer (`user:secret`): then one of three alignments, without the characters that also hold neighbours. */
function base64(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const inside = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const shared = (before + bytes.length) % 3 === 0 ? 0 : 1
    return text.slice(before === 0 ? 0 : before + 1, text.length - shared)
  })
  const whole = bytes.toString('base64')
  const found = [whole, whole.replace(/=+$/, ''), ...inside.filter((text) => text.length >= MIN_PARTIAL_BASE64)]
  return [...found, ...found.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))]
}
