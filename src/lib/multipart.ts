import { randomUUID } from 'node:crypto'

export interface FormPart {
  /** Name and file name are ours or the config's: no quotes, no line breaks. */
  readonly name: string
  readonly fileName?: string
  readonly contentType?: string
  readonly content: string | Uint8Array
}

/** A multipart/form-data body, RFC 7578. By hand since FormData rewrites line breaks in what it is given. */
export function multipart(parts: readonly FormPart[]): { readonly contentType: string; readonly body: Uint8Array } {
  const boundary = `homesec-${randomUUID()}`
  const pieces = parts.flatMap(({ name, fileName, contentType, content }) => {
    const file = fileName === undefined ? '' : `; filename="${fileName}"`
    const type = contentType === undefined ? '' : `\r\nContent-Type: ${contentType}`
    return [`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}${type}\r\n\r\n`, content, '\r\n']
  })
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece))),
  }
}
