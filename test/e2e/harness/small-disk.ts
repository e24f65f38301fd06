import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Why no small disks can be made here, or null. */
export const NO_SMALL_DISKS: string | null =
  process.platform === 'linux' && process.getuid?.() === 0 && canMount() ? null : 'mounting needs root on Linux'

/** A real file system of its own, so that it can really be full. */
export class SmallDisk implements AsyncDisposable {
  readonly path: string

  constructor(path: string, megabytes: number) {
    this.path = path
    mkdirSync(path, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'homesec-test', path])
  }

  get #filler(): string {
    return join(this.path, 'somebody-elses-holiday-photos')
  }

  /** Not a byte is left. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.path)
    try {
      writeFileSync(this.#filler, Buffer.alloc(bavail * bsize), { flag: 'a' })
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')) throw cause
    }
  }

  free(): void {
    rmSync(this.#filler)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    execFileSync('umount', ['--lazy', this.path])
  }
}

function canMount(): boolean {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
