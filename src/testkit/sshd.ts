import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { ServerProcess } from './server-process.ts'

const SSHD = '/usr/sbin/sshd'
/** Where it locks itself in before a login; fixed at its compilation, and absent after a boot without its service. */
const PRIVILEGE_SEPARATION = '/run/sshd'

/** Why tests with a real server must be skipped here, or null. */
export const NO_SSHD: string | null = existsSync(SSHD) ? null : 'sshd is not installed (Debian package "openssh-server")'

export interface SshdOptions {
  /** The largest file it may write, as on a disk that is full then. */
  readonly fileLimitBytes?: number
}

/** A real OpenSSH server with SFTP for the user who runs the test, by key; everything it knows is in `folder`. */
export class Sshd implements AsyncDisposable {
  readonly port: number
  readonly folder: string
  readonly user = userInfo().username
  readonly #options: SshdOptions
  #server: ServerProcess | null = null

  private constructor(port: number, folder: string, options: SshdOptions) {
    this.port = port
    this.folder = folder
    this.#options = options
  }

  static async start(options: SshdOptions = {}): Promise<Sshd> {
    const sshd = new Sshd(await freePort(), await mkdtemp(join(tmpdir(), 'homesec-sshd-')), options)
    await sshd.#configure()
    await sshd.start()
    return sshd
  }

  get keyFile(): string {
    return join(this.folder, 'login')
  }

  /** The same key, with the passphrase `a pass phrase`. */
  get lockedKeyFile(): string {
    return join(this.folder, 'login-locked')
  }

  get files(): string {
    return join(this.folder, 'files')
  }

  /** As `host_key_sha256` takes it. */
  hostKey(): string {
    const printed = execFileSync('ssh-keygen', ['-lf', join(this.folder, 'host.pub')]).toString()
    return printed.split(' ')[1] ?? ''
  }

  /** The same port each time. */
  async start(): Promise<void> {
    const { fileLimitBytes } = this.#options
    const sshd = [SSHD, '-D', '-e', '-f', join(this.folder, 'sshd_config')]
    // The shell counts in KiB. Ignored, the signal that comes with the limit leaves the write to fail.
    const limited = `trap '' XFSZ; ulimit -f ${Math.ceil((fileLimitBytes ?? 0) / 1024)}; exec "$0" "$@"`
    const [command = '', ...args] = fileLimitBytes === undefined ? sshd : ['bash', '-c', limited, ...sshd]
    this.#server = await ServerProcess.start(command, args, this.port)
  }

  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
    this.#server = null
  }

  /** As when the server is set up anew. */
  async changeHostKey(): Promise<void> {
    await this.stop()
    for (const name of ['host', 'host.pub']) await rm(join(this.folder, name))
    makeKey(join(this.folder, 'host'))
    await this.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  async #configure(): Promise<void> {
    if (process.getuid?.() === 0) await mkdir(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 })
    await mkdir(this.files)
    makeKey(join(this.folder, 'host'))
    makeKey(this.keyFile)
    await writeFile(this.lockedKeyFile, await readFile(this.keyFile))
    await chmod(this.lockedKeyFile, 0o600)
    execFileSync('ssh-keygen', ['-p', '-q', '-f', this.lockedKeyFile, '-N', 'a pass phrase', '-P', ''])
    await writeFile(join(this.folder, 'authorized_keys'), await readFile(`${this.keyFile}.pub`))
    const config = [
      'ListenAddress 127.0.0.1',
      `Port ${this.port}`,
      `HostKey ${this.folder}/host`,
      `PidFile ${this.folder}/pid`,
      `AuthorizedKeysFile ${this.folder}/authorized_keys`,
      // It lies below the temp folder, which everybody may write to.
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin prohibit-password',
      'Subsystem sftp internal-sftp',
      `ForceCommand internal-sftp -d ${this.files}`,
    ]
    await writeFile(join(this.folder, 'sshd_config'), `${config.join('\n')}\n`)
  }
}

function makeKey(path: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path])
}
