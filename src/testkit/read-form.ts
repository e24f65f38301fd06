export interface ReadPart {
  readonly name: string
  readonly fileName: string | null
  readonly contentType: string | null
  readonly content: Buffer
}

const CRLF = '\r\n'

/** The parts of a multipart/form-data body as RFC 7578 writes them; null when it breaks the format. Strict, so that a test notices. */
export function readForm(contentType: string, body: Buffer): ReadPart[] | null {
  const boundary = /^multipart\/form-data; boundary=([\w'()+,./:=?-]{1,70})$/.exec(contentType)?.[1]
  if (boundary === undefined) return null
  // latin1 keeps one character for each byte.
  const pieces = `${CRLF}${body.toString('latin1')}`.split(`${CRLF}--${boundary}`)
  if (pieces.shift() !== '' || pieces.pop() !== `--${CRLF}`) return null
  const parts = pieces.map(readPart)
  return parts.every((part) => part !== null) ? parts : null
}

function readPart(piece: string): ReadPart | null {
  const end = piece.indexOf(CRLF + CRLF)
  if (!piece.startsWith(CRLF) || end < 0) return null
  const headers = piece.slice(2, end).split(CRLF)
  const [, name, fileName = null] = /^Content-Disposition: form-data; name="([^"]+)"(?:; filename="([^"]+)")?$/.exec(headers[0] ?? '') ?? []
  if (name === undefined || headers.length > 2) return null
  const contentType = /^Content-Type: (.+)$/.exec(headers[1] ?? '')?.[1] ?? null
  return { name, fileName, contentType, content: Buffer.from(piece.slice(end + 4), 'latin1') }
}
