import type { SecureContext } from 'node:tls'
import type { PluginHost } from '../../../../contracts/plugin.ts'
import type { CameraInbox } from '../inbox/camera-inbox.ts'
import type { DataEndpoint } from './data-endpoint.ts'
import type { ListedFile } from './listing.ts'
import type { LoginGuard } from './login-guard.ts'
import type { PassivePorts } from './passive-ports.ts'
import type { Reply } from './reply.ts'
import type { ServerConfig } from '../server-config.ts'
import { splitVirtual } from './virtual-path.ts'

/** A camera that may log in. */
export interface Account {
  readonly camera: string
  readonly username: string
  readonly password: string
  readonly isAnonymous: boolean
  readonly inbox: CameraInbox
}

/** What the clients of one server have in common. */
export interface ServerContext {
  readonly config: ServerConfig
  readonly host: Pick<PluginHost, 'clock' | 'log'>
  readonly ports: PassivePorts
  readonly logins: LoginGuard
  /** Null: this server does not encrypt. */
  readonly tls: SecureContext | null
  account(username: string): Account | null
  anonymousAccount(): Account | null
}

/** What the client of one control connection has said so far. */
export interface Client {
  readonly server: ServerContext
  readonly address: string
  readonly localAddress: string
  /** Aborts when the connection is gone. */
  readonly gone: AbortSignal
  /** Sends an answer before the last one. */
  readonly announce: (reply: Reply) => Promise<void>
  isEncrypted: boolean
  /** PBSZ was sent, so PROT may be. */
  mayProtect: boolean
  protectsData: boolean
  username: string | null
  failedLogins: number
  account: Account | null
  cwd: string
  renaming: string | null
  /** After EPSV ALL no other way to a data connection is allowed. */
  onlyEpsv: boolean
  data: DataEndpoint | null
  /** Cuts the transfer under way short. */
  transfer: AbortController | null
  readonly uploads: OwnUploads
}

const MOST_LISTED = 1000

/** The files that this very connection has sent: all that its client ever gets to see. Nothing of it is read from disk. */
export class OwnUploads {
  readonly #files = new Map<string, { readonly size_bytes: number; readonly modified: Date }>()

  add(path: string, size_bytes: number, modified: Date): void {
    this.#files.delete(path)
    this.#files.set(path, { size_bytes, modified })
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= MOST_LISTED) break
      this.#files.delete(oldest)
    }
  }

  get(path: string): ListedFile | null {
    const file = this.#files.get(path)
    return file === undefined ? null : { ...file, name: splitVirtual(path).name }
  }

  rename(from: string, to: string): void {
    const file = this.#files.get(from)
    if (file === undefined) return
    this.#files.delete(from)
    this.#files.set(to, file)
  }

  remove(path: string): boolean {
    return this.#files.delete(path)
  }

  inFolder(folder: string): ListedFile[] {
    return [...this.#files].flatMap(([path, file]) => {
      const place = splitVirtual(path)
      return place.folder === folder ? [{ ...file, name: place.name }] : []
    })
  }
}

export type Handler = (client: Client, argument: string) => Reply | Promise<Reply>
