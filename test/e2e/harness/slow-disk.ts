import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NO_SMALL_DISKS } from './small-disk.ts'

/** Why no disk can be made to hang here, or null. */
export const NO_SLOW_DISKS: string | null = NO_SMALL_DISKS ?? (canFreeze() ? null : 'a disk cannot be frozen here')

/** A real ext4 disk that can be made to hang: whoever writes to it waits in the kernel, as with an SD card that has had enough. */
export class SlowDisk implements AsyncDisposable {
  readonly path: string
  readonly #image: string

  constructor(path: string, megabytes: number) {
    this.path = path
    this.#image = join(mkdtempSync(join(tmpdir(), 'homesec-disk-')), 'image')
    const image = openSync(this.#image, 'w')
    ftruncateSync(image, megabytes * 1_000_000)
    closeSync(image)
    execFileSync('mkfs.ext4', ['-q', this.#image])
    mkdirSync(path, { recursive: true })
    execFileSync('mount', ['-o', 'loop', this.#image, path])
  }

  /**
   * Resolves when the disk works again.
   * @param times how often it hangs, working for `pauseS` in between.
   */
  async hang(forS: number, times = 1, pauseS = 0.4): Promise<void> {
    // By a process of its own: if the program under test hung with its disk, nobody here could end that.
    const script = `for n in $(seq ${times}); do fsfreeze -f "$0"; sleep ${forS}; fsfreeze -u "$0"; sleep ${pauseS}; done`
    await once(spawn('sh', ['-c', script, this.path], { stdio: 'ignore' }), 'exit')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    execFileSync('umount', ['--lazy', this.path])
    rmSync(join(this.#image, '..'), { recursive: true, force: true })
  }
}

function canFreeze(): boolean {
  const disk = mkdtempSync(join(tmpdir(), 'homesec-freeze-'))
  try {
    execFileSync(
      'unshare',
      [
        '--mount',
        'sh',
        '-ec',
        'truncate -s 4M "$0/i"; mkfs.ext4 -q "$0/i"; mkdir "$0/m"; mount -o loop "$0/i" "$0/m"; fsfreeze -f "$0/m"; fsfreeze -u "$0/m"; umount "$0/m"',
        disk,
      ],
      { stdio: 'ignore' },
    )
    return true
  } catch {
    return false
  } finally {
    rmSync(disk, { recursive: true, force: true })
  }
}
