export interface RtspRequest {
  readonly kind: 'request'
  readonly method: string
  readonly uri: string
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export type Incoming =
  | RtspRequest
  /** A packet from the client within the connection: its RTCP reports. */
  | { readonly kind: 'interleaved'; readonly channel: number; readonly payload: Buffer }
  /** What follows cannot be made sense of any more. */
  | { readonly kind: 'broken'; readonly status: 400 | 413 | 505 }

const DOLLAR = 0x24
const MAX_HEAD_BYTES = 8192
const MAX_BODY_BYTES = 65_536
const HEAD_END = '\r\n\r\n'
const REQUEST_LINE = /^([A-Z_]{1,32}) (\S{1,2048}) RTSP\/(\d\.\d)$/
const HEADER_LINE = /^([A-Za-z0-9-]{1,64}):[ \t]*(.*?)[ \t]*$/

/** Takes the bytes of a connection apart, however they are cut. After `broken` it takes nothing more. */
export class RtspReader {
  #pending: Buffer = Buffer.alloc(0)
  #broken = false

  push(chunk: Buffer): readonly Incoming[] {
    if (this.#broken) return []
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    const incoming: Incoming[] = []
    for (let next = this.#take(); next !== null; next = this.#take()) {
      incoming.push(next)
      if (next.kind === 'broken') {
        this.#broken = true
        this.#pending = Buffer.alloc(0)
        break
      }
    }
    return incoming
  }

  #take(): Incoming | null {
    this.#skipBlankLines()
    if (this.#pending.length === 0) return null
    return this.#pending[0] === DOLLAR ? this.#takeInterleaved() : this.#takeRequest()
  }

  #skipBlankLines(): void {
    let at = 0
    while (this.#pending[at] === 0x0d || this.#pending[at] === 0x0a) at += 1
    if (at > 0) this.#pending = this.#pending.subarray(at)
  }

  #takeInterleaved(): Incoming | null {
    if (this.#pending.length < 4) return null
    const end = 4 + this.#pending.readUInt16BE(2)
    if (this.#pending.length < end) return null
    const channel = this.#pending[1] ?? 0
    return { kind: 'interleaved', channel, payload: this.#cut(end).subarray(4) }
  }

  #takeRequest(): Incoming | null {
    const headEnd = this.#pending.subarray(0, MAX_HEAD_BYTES).indexOf(HEAD_END)
    if (headEnd === -1) return this.#pending.length >= MAX_HEAD_BYTES ? broken(413) : null
    const head = parseHead(this.#pending.subarray(0, headEnd).toString('latin1'))
    if (head.kind === 'broken') return head
    const bodyStart = headEnd + HEAD_END.length
    const length = head.headers.get('content-length') ?? '0'
    if (!/^\d{1,9}$/.test(length)) return broken(400)
    if (Number(length) > MAX_BODY_BYTES) return broken(413)
    const end = bodyStart + Number(length)
    if (this.#pending.length < end) return null
    return { ...head, body: this.#cut(end).subarray(bodyStart) }
  }

  #cut(end: number): Buffer {
    const taken = this.#pending.subarray(0, end)
    this.#pending = this.#pending.subarray(end)
    return taken
  }
}

function parseHead(text: string): RtspRequest | Extract<Incoming, { kind: 'broken' }> {
  const [first = '', ...lines] = text.split('\r\n')
  const [, method, uri, version] = REQUEST_LINE.exec(first) ?? []
  if (method === undefined || uri === undefined) return broken(400)
  if (version !== '1.0') return broken(505)
  const headers = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = HEADER_LINE.exec(line) ?? []
    if (name === undefined || value === undefined) return broken(400)
    headers.set(name.toLowerCase(), value)
  }
  return { kind: 'request', method, uri, headers, body: Buffer.alloc(0) }
}

function broken(status: 400 | 413 | 505): Extract<Incoming, { kind: 'broken' }> {
  return { kind: 'broken', status }
}
