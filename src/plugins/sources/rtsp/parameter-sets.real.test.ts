import { execFileSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeVideo } from '../../../testkit/videos.ts'
import { parameterSetsIn, readParameterSets } from './parameter-sets.ts'

const folder = mkdtempSync(join(tmpdir(), 'homesec-sets-'))

/** A segment as the ring has it. */
function segment(name: string, size: string, encoder: readonly string[] = ['-c:v', 'libx264']): string {
  const video = makeVideo(join(folder, `${name}.mp4`), { size, options: [...encoder, '-pix_fmt', 'yuv420p'] })
  const path = join(folder, `${name}.ts`)
  execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', video, '-c', 'copy', '-f', 'mpegts', path])
  return path
}

test.each([
  ['H.264', ['-c:v', 'libx264']],
  ['H.265', ['-c:v', 'libx265', '-x265-params', 'log-level=error']],
])('%s segments of one picture shape have the same parameter sets, those of another have others', async (name, encoder) => {
  const [small, again, large] = [
    segment(`${name}-a`, '64x48', encoder),
    segment(`${name}-b`, '64x48', encoder),
    segment(`${name}-c`, '128x96', encoder),
  ]
  const sets = await readParameterSets(small)
  expect(sets).toMatch(/^[0-9a-f ]{16,}$/)
  expect(await readParameterSets(again)).toBe(sets)
  expect(await readParameterSets(large)).not.toBe(sets)
})

test('what is no transport stream says nothing', () => {
  expect(parameterSetsIn(Buffer.alloc(0))).toBeNull()
  expect(parameterSetsIn(Buffer.alloc(10_000, 0x47))).toBeNull()
  expect(parameterSetsIn(Buffer.alloc(10_000, 0xff))).toBeNull()
})
