import type { Readable } from 'node:stream'

/** Hears of each whole line of ASCII text. `node:readline` can do much more, at a price: every camera tells a line for each picture. */
export function onLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = ''
  stream.on('error', () => undefined) // the child's end tells
  stream.on('data', (chunk: Buffer) => {
    const text = rest + chunk.toString('latin1')
    let from = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      onLine(text.slice(from, end))
      from = end + 1
    }
    rest = text.slice(from)
  })
}
