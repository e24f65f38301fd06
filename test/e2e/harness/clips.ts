import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

let whole: Buffer | null = null

/** A real video of one second; each number gives other bytes and the same pictures: a `free` box at the end is no part of the film. */
export function clip(n: number): Buffer {
  whole ??= made(['-f', 'lavfi', '-i', 'testsrc=s=64x48:r=10:d=1', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'])
  const note = Buffer.from(`clip ${n}`)
  const box = Buffer.alloc(8)
  box.writeUInt32BE(8 + note.length)
  box.write('free', 4)
  return Buffer.concat([whole, box, note])
}

/** What ffmpeg makes of these arguments, as MP4. */
export function made(args: readonly string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'homesec-clip-'))
  try {
    const path = join(folder, 'clip.mp4')
    execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, path], { stdio: 'pipe' })
    return readFileSync(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Puts a file into a watched folder as a recorder does that knows how: written beside it, moved in whole. */
export function drop(folder: string, name: string, bytes: Uint8Array): void {
  mkdirSync(folder, { recursive: true })
  const beside = join(dirname(folder), `.${name}.writing`)
  writeFileSync(beside, bytes)
  renameSync(beside, join(folder, name))
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
