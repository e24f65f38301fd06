export interface CommandLine {
  /** In upper case. */
  readonly verb: string
  readonly argument: string
}

export type Line =
  { readonly kind: 'command'; readonly command: CommandLine } | { readonly kind: 'too-long' } | { readonly kind: 'not-a-command' }

const MAX_LINE_BYTES = 4096
const LF = 0x0a
const IAC = 0xff

/** Cuts the bytes of a control connection into commands, whatever pieces they arrive in. Holds no more than one line. */
export class LineReader {
  #held: Uint8Array[] = []
  #heldBytes = 0
  #skipping = false

  /** Whether part of a line is waiting for its end. */
  get isMidLine(): boolean {
    return this.#heldBytes > 0 || this.#skipping
  }

  push(bytes: Uint8Array): Line[] {
    const lines: Line[] = []
    let from = 0
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, from)) {
      this.#hold(bytes.subarray(from, end))
      lines.push(this.#take())
      from = end + 1
    }
    this.#hold(bytes.subarray(from))
    return lines
  }

  #hold(piece: Uint8Array): void {
    if (this.#skipping || this.#heldBytes + piece.length > MAX_LINE_BYTES) {
      this.#held = []
      this.#heldBytes = 0
      this.#skipping = true
    } else if (piece.length > 0) {
      // A copy: the piece is part of a large buffer that would live as long as it.
      this.#held.push(Uint8Array.from(piece))
      this.#heldBytes += piece.length
    }
  }

  #take(): Line {
    const tooLong = this.#skipping
    const line = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#skipping = false
    return tooLong ? { kind: 'too-long' } : parseLine(line)
  }
}

function parseLine(line: Uint8Array): Line {
  const text = decode(withoutTelnet(line)).replace(/\r+$/, '')
  const [, verb, argument = ''] = /^ *([A-Za-z]{3,4})(?: (.*))?$/s.exec(text) ?? []
  if (verb === undefined || argument.includes('\0') || argument.includes('\r')) return { kind: 'not-a-command' }
  return { kind: 'command', command: { verb: verb.toUpperCase(), argument } }
}

/** Some clients send ABOR behind the telnet signals "interrupt" and "data mark". */
function withoutTelnet(line: Uint8Array): Uint8Array {
  if (!line.includes(IAC)) return line
  const kept: number[] = []
  for (let at = 0; at < line.length; at += 1) {
    const byte = line[at] ?? 0
    if (byte !== IAC) kept.push(byte)
    else if (line[(at += 1)] === IAC) kept.push(IAC)
  }
  return Uint8Array.from(kept)
}

/** Names are UTF-8 today; older cameras send what their country used, and each byte then stands for a character. */
function decode(line: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line)
  } catch {
    return Buffer.from(line).toString('latin1')
  }
}
