import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import type { PluginError } from '../contracts/errors.ts'
import type { PluginHost } from '../contracts/plugin.ts'
import { ok, type Result } from '../contracts/result.ts'
import type { Accepted, ClipSink, ClipSource, IncomingFile } from '../contracts/source.ts'
import { ftpSource } from '../plugins/sources/ftp/plugin.ts'
import { freePort, freePorts } from './free-port.ts'
import { FtpControl } from './ftp-control.ts'
import { memoryLogger } from './memory-logger.ts'
import { built, testHost } from './plugin-host.ts'

export interface TakenFile {
  readonly original_name: string
  readonly sha256: string
}

/** A sink that keeps what it is offered as a pipeline would: the file is gone from where it was. */
export function takingSink(
  answer?: (file: IncomingFile) => Result<Accepted, PluginError> | null,
): ClipSink & { readonly taken: TakenFile[] } {
  const taken: TakenFile[] = []
  return {
    taken,
    async accept(file) {
      const refusal = answer?.(file) ?? null
      if (refusal !== null) return refusal
      taken.push({ original_name: file.original_name, sha256: sha256(await readFile(file.path)) })
      await rm(file.path)
      return ok({ state: 'accepted', clip_id: `front_door_${taken.length}.mp4` })
    },
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export const PASSWORD = 'canary-7f3a-password'

/** One HomeSec with FTP cameras: one data folder, one server. */
export class FtpFixture implements AsyncDisposable {
  readonly port: number
  readonly data = mkdtempSync(join(tmpdir(), 'homesec-ftp-'))
  readonly log = memoryLogger()
  readonly #shared: Record<string, unknown>
  readonly #host: Partial<PluginHost>
  readonly #sources: ClipSource[] = []

  private constructor(port: number, shared: Record<string, unknown>, host: Partial<PluginHost>) {
    this.port = port
    this.#shared = { host: '127.0.0.1', port, min_free_bytes: 0, ...shared }
    this.#host = host
  }

  static async make(shared: Record<string, unknown> = {}, host: Partial<PluginHost> = {}): Promise<FtpFixture> {
    return new FtpFixture(await freePort(), shared, host)
  }

  stateOf(camera: string): string {
    return join(this.data, 'state', camera)
  }

  hostOf(camera: string): PluginHost {
    const { data, log } = this
    const dirs = { data, state: this.stateOf(camera) }
    return testHost({ instance: camera, log, dirs, shared: this.#shared, env: { CAMERA_PASSWORD: PASSWORD }, ...this.#host })
  }

  async source(camera: string, config: Record<string, unknown> = {}): Promise<ClipSource> {
    const source = await built(ftpSource, { password_env: 'CAMERA_PASSWORD', ...config }, this.hostOf(camera))
    this.#sources.push(source)
    return source
  }

  /** A camera that can upload. */
  async running(camera: string, sink: ClipSink, config: Record<string, unknown> = {}): Promise<ClipSource> {
    const source = await this.source(camera, config)
    await source.start(sink, new AbortController().signal)
    await until(() => source.health().state === 'ok')
    return source
  }

  /** A client that is logged in as this camera. */
  client(camera: string, password = PASSWORD): Promise<FtpControl> {
    return FtpControl.loggedIn(this.port, camera, password)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const source of this.#sources) await source[Symbol.asyncDispose]()
    await rm(this.data, { recursive: true, force: true })
  }
}

/** As `passive_ports` has it: so many, and no other program comes into their way. */
export async function passiveRange(count: number): Promise<string> {
  const ports = await freePorts(count)
  return `${ports[0] ?? 0}-${ports.at(-1) ?? 0}`
}

/** Every file below a folder, as paths in it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

/** Waits for something to become true; the test's own timeout is the limit. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 10))
}
