import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type Attributes, type AuthContext, type Connection, type SFTPWrapper } from 'ssh2'
import { codeOf } from '../contracts/errors.ts'

const { OPEN_MODE, STATUS_CODE } = ssh2.utils.sftp
const STATUS_BY_CODE: Readonly<Record<string, number>> = { ENOENT: STATUS_CODE.NO_SUCH_FILE, EACCES: STATUS_CODE.PERMISSION_DENIED }

export interface PlainSftpOptions {
  readonly user: string
  readonly password: string
  /** How it takes the password. `keyboard-interactive` is what OpenSSH with PAM often insists on. */
  readonly method?: 'password' | 'keyboard-interactive'
}

/**
 * An SFTP server of the plain third version of the protocol: none of OpenSSH's extensions, so it neither syncs nor renames onto an
 * existing file, and a login by password, which a real sshd gives only to users of the system.
 * https://datatracker.ietf.org/doc/html/draft-ietf-secsh-filexfer-02
 */
export class PlainSftpServer implements AsyncDisposable {
  readonly files: string
  port = 0
  /** What the next writes are answered with, as on a disk that is full, not ours, or was pulled. */
  writesFailWith: 'FAILURE' | 'PERMISSION_DENIED' | 'NO_SUCH_FILE' | null = null
  /** Which renames fail, as those of a disk that is full or a file that somebody holds. */
  refusesRename: (from: string, to: string) => boolean = () => false
  /** Takes requests and answers none, as a machine that hangs. */
  isFrozen = false
  connections = 0
  openFiles = 0
  readonly #server: Server
  readonly #clients = new Set<Connection>()

  private constructor(files: string, hostKey: string, options: PlainSftpOptions) {
    this.files = files
    const ssh = new ssh2.Server({ hostKeys: [hostKey], ident: 'plain' }, (client) => this.#welcome(client, options))
    // A listener of our own, since ssh2's holds each answer back for Nagle's algorithm.
    this.#server = createServer({ noDelay: true }, (socket) => ssh.injectSocket(socket))
  }

  static async start(options: PlainSftpOptions): Promise<PlainSftpServer> {
    const folder = await mkdtemp(join(tmpdir(), 'homesec-sftp-'))
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', join(folder, 'host')])
    const files = join(folder, 'files')
    await mkdir(files)
    const server = new PlainSftpServer(files, await readFile(join(folder, 'host'), 'utf8'), options)
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    const address = server.#server.address()
    server.port = typeof address === 'object' && address !== null ? address.port : 0
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.end()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    await rm(join(this.files, '..'), { recursive: true, force: true })
  }

  #welcome(client: Connection, options: PlainSftpOptions): void {
    this.connections += 1
    this.#clients.add(client)
    client.on('error', () => undefined)
    client.on('close', () => this.#clients.delete(client))
    client.on('authentication', (context) => authenticate(context, options))
    client.on('session', (accept) => accept().on('sftp', (acceptSftp) => this.#serve(acceptSftp())))
  }

  #serve(sftp: SFTPWrapper): void {
    const handles = new Map<number, FileHandle>()
    const listed = new Set<string>()
    const path = (name: string) => join(this.files, name)
    const answering = (id: number, work: () => Promise<void>) => {
      if (!this.isFrozen) work().catch((cause: unknown) => sftp.status(id, STATUS_BY_CODE[codeOf(cause)] ?? STATUS_CODE.FAILURE))
    }
    const done = (id: number, work: () => Promise<unknown>) =>
      answering(id, async () => {
        await work()
        sftp.status(id, STATUS_CODE.OK)
      })
    const attributes = (id: number, of: () => Promise<Attributes>) => answering(id, async () => sftp.attrs(id, await of()))
    const handleOf = (handle: Buffer) => {
      const file = handles.get(handle.readUInt32BE(0))
      if (file === undefined) throw new Error('no such handle')
      return file
    }
    sftp.on('OPEN', (id, name, flags) =>
      answering(id, async () => {
        const file = await open(path(name), openFlags(flags))
        handles.set(file.fd, file)
        this.openFiles += 1
        sftp.handle(id, numbered(file.fd))
      }),
    )
    sftp.on('WRITE', (id, handle, position, bytes) => {
      if (this.writesFailWith === null) done(id, () => handleOf(handle).write(bytes, 0, bytes.length, position))
      else sftp.status(id, STATUS_CODE[this.writesFailWith])
    })
    sftp.on('READ', (id, handle, position, length) =>
      answering(id, async () => {
        const { bytesRead, buffer } = await handleOf(handle).read(Buffer.alloc(length), 0, length, position)
        if (bytesRead === 0) sftp.status(id, STATUS_CODE.EOF)
        else sftp.data(id, buffer.subarray(0, bytesRead))
      }),
    )
    sftp.on('CLOSE', (id, handle) =>
      done(id, async () => {
        if (handle.length !== 4) return // a folder
        await handleOf(handle).close()
        this.openFiles -= 1
      }),
    )
    sftp.on('FSTAT', (id, handle) => attributes(id, async () => attributesOf(await handleOf(handle).stat())))
    sftp.on('STAT', (id, name) => attributes(id, async () => attributesOf(await stat(path(name)))))
    sftp.on('MKDIR', (id, name) => done(id, () => mkdir(path(name))))
    sftp.on('REMOVE', (id, name) => done(id, () => unlink(path(name))))
    sftp.on('RENAME', (id, from, to) =>
      done(id, async () => {
        if (this.refusesRename(from, to) || (await stat(path(to)).catch(() => null))) throw new Error('refused, or it is there')
        await rename(path(from), path(to))
      }),
    )
    sftp.on('OPENDIR', (id, name) => sftp.handle(id, Buffer.from(`folder ${name}`)))
    sftp.on('READDIR', (id, handle) =>
      answering(id, async () => {
        const name = handle.toString().replace('folder ', '')
        if (listed.has(name)) sftp.status(id, STATUS_CODE.EOF)
        else {
          const names = await readdir(path(name))
          const entries = names.map(async (filename) => ({
            filename,
            longname: filename,
            attrs: attributesOf(await stat(path(join(name, filename)))),
          }))
          sftp.name(id, await Promise.all(entries))
        }
        listed.add(name)
      }),
    )
  }
}

function authenticate(context: AuthContext, { user, password, method = 'password' }: PlainSftpOptions): void {
  const judge = (given: string | undefined) => {
    if (context.username === user && given === password) context.accept()
    else context.reject([method])
  }
  if (context.method !== method) context.reject([method])
  else if (context.method === 'password') judge(context.password)
  else if ('prompt' in context) context.prompt([{ prompt: 'Password: ', echo: false }], ([answer]) => judge(answer))
}

function numbered(descriptor: number): Buffer {
  const handle = Buffer.alloc(4)
  handle.writeUInt32BE(descriptor)
  return handle
}

function attributesOf(stats: { mode: number; uid: number; gid: number; size: number; mtimeMs: number }): Attributes {
  const seconds = Math.floor(stats.mtimeMs / 1000)
  return { mode: stats.mode, uid: stats.uid, gid: stats.gid, size: stats.size, atime: seconds, mtime: seconds }
}

function openFlags(flags: number): number {
  if ((flags & OPEN_MODE.WRITE) === 0) return constants.O_RDONLY
  const exclusive = (flags & OPEN_MODE.EXCL) === 0 ? 0 : constants.O_EXCL
  return constants.O_WRONLY | constants.O_CREAT | exclusive
}
