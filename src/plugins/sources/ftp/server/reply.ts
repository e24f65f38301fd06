/** An answer on the control connection. Several lines go out as one answer. */
export interface Reply {
  readonly code: number
  readonly text: string | readonly string[]
  /** What happens once it is sent. */
  readonly then?: 'close' | 'encrypt'
}

export function reply(code: number, text: string | readonly string[], then?: Reply['then']): Reply {
  return then === undefined ? { code, text } : { code, text, then }
}

export function formatReply({ code, text }: Reply): string {
  const lines = typeof text === 'string' ? [text] : text
  const middle = lines.slice(1, -1).map((line) => ` ${oneLine(line)}\r\n`)
  const first = lines.length > 1 ? `${code}-${oneLine(lines[0] ?? '')}\r\n` : ''
  return `${first}${middle.join('')}${code} ${oneLine(lines.at(-1) ?? '')}\r\n`
}

/** A name from the client in an answer must not end the line. */
function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, '?')
}
