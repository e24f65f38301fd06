import { Sessions } from './sessions.ts'
import { Tree } from './tree.ts'

/** One Dropbox account, as its app sees it. */
export class Account {
  readonly tree = new Tree()
  readonly sessions: Sessions
  allocatedBytes = 2_000_000_000
  /** Bytes used by what is not in the tree. */
  otherBytes = 0
  isTeam = false
  #damageNext = false

  constructor(nowMs: () => number, keepBytes: boolean) {
    this.sessions = new Sessions(nowMs, keepBytes)
  }

  get used(): number {
    return this.tree.used + this.otherBytes
  }

  /** What the member of a team has used of the room all share. */
  get ownUsed(): number {
    return this.isTeam ? this.tree.used : this.used
  }

  /** The next file that is stored gets a wrong byte. */
  damageNext(): void {
    this.#damageNext = true
  }

  damaged(bytes: Buffer): Buffer {
    if (!this.#damageNext || bytes.length === 0) return bytes
    this.#damageNext = false
    const wrong = Buffer.from(bytes)
    wrong[0] = (wrong[0] ?? 0) ^ 1
    return wrong
  }
}
