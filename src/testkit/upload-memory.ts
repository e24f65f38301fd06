import { execFile } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { z } from 'zod'

const ReportSchema = z.object({ growth_bytes: z.number(), seconds: z.number(), error: z.string().nullable() })
const MB = 1_000_000
const CLIP_BYTES = 200 * MB
const MOST_GROWTH_BYTES = 40 * MB
const BLOCK_BYTES = 4 * MB

export interface MeasuredUpload {
  /** The plugin's module as a URL, and its export. */
  readonly module: string
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
}

/**
 * Stores a clip of 200 MB, which must take less than 40 MB: of the resident set, at its height, from what it was once a kilobyte had
 * been stored. One measurement, the same for every storage.
 */
export async function expectLittleMemory(upload: MeasuredUpload): Promise<void> {
  await using clip = await bigFile(CLIP_BYTES)
  const { growth_bytes, seconds, error } = await measure(upload, clip.path)
  const [grown, speed] = [growth_bytes / MB, CLIP_BYTES / MB / seconds]
  console.log(`${upload.name}: 200 MB stored at ${speed.toFixed(0)} MB/s, memory grew by ${grown.toFixed(1)} MB`)
  expect(error).toBeNull()
  expect(growth_bytes).toBeGreaterThan(0)
  expect(growth_bytes).toBeLessThan(MOST_GROWTH_BYTES)
}

/** In a process of its own, so that nothing but the upload is in its memory. */
async function measure({ module, name, config, env }: MeasuredUpload, file: string): Promise<z.infer<typeof ReportSchema>> {
  const script = join(import.meta.dirname, 'upload-memory-process.ts')
  const args = ['--import', 'tsx', script, module, name, JSON.stringify(config), JSON.stringify(env), file]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return ReportSchema.parse(JSON.parse(stdout))
}

/** A file that does not compress; disposing deletes it. */
export async function bigFile(bytes: number): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'homesec-big-'))
  const path = join(folder, 'big.mp4')
  const file = await open(path, 'w')
  const block = randomFillSync(Buffer.alloc(BLOCK_BYTES))
  for (let left = bytes; left > 0; left -= block.length) await file.write(block, 0, Math.min(left, block.length))
  await file.close()
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
