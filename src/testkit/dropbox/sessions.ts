import { routeError, tagged, type Answer } from './answer.ts'
import { RunningHash } from './hash.ts'

const LIFE_MS = 7 * 24 * 3600 * 1000
const BLOCK = 4 * 1024 * 1024

export interface Session {
  readonly id: string
  readonly concurrent: boolean
  readonly startedAtMs: number
  readonly hash: RunningHash
  readonly parts: Buffer[]
  size: number
  closed: boolean
  committed: boolean
}

/** Upload sessions, with the rules of UploadSessionLookupError. */
export class Sessions {
  readonly #sessions = new Map<string, Session>()
  readonly #nowMs: () => number
  readonly #keepBytes: boolean

  constructor(nowMs: () => number, keepBytes: boolean) {
    this.#nowMs = nowMs
    this.#keepBytes = keepBytes
  }

  get all(): readonly Session[] {
    return [...this.#sessions.values()]
  }

  start(concurrent: boolean): Session {
    const session: Session = {
      id: `pid_upload_session:${this.#sessions.size + 1}`,
      concurrent,
      startedAtMs: this.#nowMs(),
      hash: new RunningHash(),
      parts: [],
      size: 0,
      closed: false,
      committed: false,
    }
    this.#sessions.set(session.id, session)
    return session
  }

  add(session: Session, bytes: Buffer): void {
    session.hash.add(bytes)
    if (this.#keepBytes) session.parts.push(bytes)
    session.size += bytes.length
  }

  /** The session of a cursor, or why it cannot be used. @param within tags around the error of the route. */
  open(
    { session_id, offset }: { readonly session_id: string; readonly offset: number },
    bytes: number,
    within: readonly string[],
  ): Session | Answer {
    const session = this.#sessions.get(session_id)
    if (session === undefined || session.committed || this.#nowMs() - session.startedAtMs >= LIFE_MS) return tagged(...within, 'not_found')
    if (session.concurrent) {
      if (offset % BLOCK !== 0) return tagged(...within, 'concurrent_session_invalid_offset')
      if (bytes % BLOCK !== 0) return tagged(...within, 'concurrent_session_invalid_data_size')
    }
    if (offset !== session.size) return incorrectOffset(session.size, within)
    return session
  }
}

function incorrectOffset(correct_offset: number, within: readonly string[]): Answer {
  const inner = { '.tag': 'incorrect_offset', correct_offset }
  const error = within.reduceRight<object>((nested, tag) => ({ '.tag': tag, [tag]: nested }), inner)
  return routeError([...within, 'incorrect_offset'].join('/'), error)
}
