import type { Socket } from 'node:net'
import { RtspDialogue, type CameraSide } from './rtsp-dialogue.ts'
import type { RtspGuard } from './rtsp-guard.ts'
import { RtspReader, type Incoming } from './rtsp-reader.ts'
import { encodeResponse } from './rtsp-response.ts'

/** Requests that a client may send ahead of their answers. */
const MAX_UNANSWERED = 100

/** One client's RTSP connection. What it set up ends with it. */
export class RtspConnection {
  readonly #socket: Socket
  readonly #guard: RtspGuard
  readonly #dialogue: RtspDialogue
  readonly #reader = new RtspReader()
  readonly #closing = new AbortController()
  #unanswered = 0
  /** Requests are answered in their order, also behind a slow one. */
  #answered: Promise<void> = Promise.resolve()

  constructor(socket: Socket, camera: CameraSide, guard: RtspGuard) {
    this.#socket = socket
    this.#guard = guard
    this.#dialogue = new RtspDialogue(socket, camera)
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', () => undefined) // `close` follows
    socket.on('close', () => {
      this.#closing.abort()
      this.#dialogue.end()
    })
  }

  /** As a camera that restarts: a reset, no goodbye. */
  drop(): void {
    this.#dialogue.end()
    // Node resets only when all is written, which a client that does not read never lets happen, and never when the client has
    // begun to leave: it forgets the connection then, without closing it.
    const isIdle = this.#socket.writable && this.#socket.writableLength === 0 && !this.#socket.readableEnded
    if (isIdle) this.#socket.resetAndDestroy()
    else this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#dialogue.heard()
    for (const incoming of this.#reader.push(chunk)) {
      if (incoming.kind === 'interleaved') continue
      this.#unanswered += 1
      if (this.#unanswered > MAX_UNANSWERED) this.drop()
      this.#answered = this.#answered.then(() => this.#answer(incoming)).catch(() => this.drop())
    }
  }

  async #answer(incoming: Exclude<Incoming, { kind: 'interleaved' }>): Promise<void> {
    this.#unanswered -= 1
    if (this.#closing.signal.aborted) return
    if (incoming.kind === 'broken') {
      this.#socket.end(encodeResponse({ status: incoming.status }, undefined))
      return
    }
    const response = this.#guard.refusal(incoming) ?? (await this.#dialogue.answer(incoming, this.#closing.signal))
    if (this.#socket.writable) this.#socket.write(encodeResponse(response, incoming.headers.get('cseq')))
  }
}
