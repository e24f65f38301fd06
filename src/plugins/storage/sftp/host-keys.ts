import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { codeOf, messageOf } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { writeFileAtomic } from '../../../lib/atomic-file.ts'
import { fault } from '../../../lib/remote-storage/fault.ts'

const KnownSchema = z.record(z.string(), z.string())

/** As `ssh-keygen -lf` prints it. */
export function fingerprintOf(hostKey: Buffer): string {
  return `SHA256:${createHash('sha256').update(hostKey).digest('base64').replace(/=+$/, '')}`
}

/**
 * Trust on first use: the host key that a server showed first is kept in a file, and the server is held to it.
 * A check beside a running HomeSec keeps nothing.
 */
export class HostKeys {
  readonly #path: string
  readonly #host: Pick<PluginHost, 'dirs' | 'log' | 'purpose'>

  constructor(host: Pick<PluginHost, 'dirs' | 'log' | 'purpose'>) {
    this.#path = join(host.dirs.state, 'known-host-keys.json')
    this.#host = host
  }

  get path(): string {
    return this.#path
  }

  /** The fingerprint that was kept; null when there is none. Throws a `StorageFault` when that cannot be told. */
  async knownOf(server: string): Promise<string | null> {
    return (await this.#known())[server] ?? null
  }

  async keep(server: string, fingerprint: string): Promise<void> {
    if (this.#host.purpose === 'check') return
    try {
      await mkdir(this.#host.dirs.state, { recursive: true })
      await writeFileAtomic(this.#path, `${JSON.stringify({ ...(await this.#known()), [server]: fingerprint }, null, 2)}\n`)
    } catch (cause) {
      throw fault('unavailable', `the host key could not be kept in ${this.#path}: ${codeOf(cause) || messageOf(cause)}`)
    }
    this.#host.log.info(
      { event_type: 'host_key_kept', server, fingerprint },
      'first connection to this server: its host key is trusted from now on, and any other refused; compare it with ssh-keygen -lf on the server',
    )
  }

  async #known(): Promise<Readonly<Record<string, string>>> {
    try {
      return KnownSchema.parse(JSON.parse(await readFile(this.#path, 'utf8')))
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return {}
      // Taken for empty, it would trust anybody.
      throw fault('rejected', `the kept host keys in ${this.#path} cannot be read; delete the file, and the next key is trusted`)
    }
  }
}
