import { execFile } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'

const ReportSchema = z.object({ ok: z.boolean(), growth_bytes: z.number(), error: z.string().nullable() })
const BLOCK_BYTES = 4 * 1024 * 1024

export interface MeasuredUpload {
  /** The plugin's module as a URL, and its export. */
  readonly module: string
  readonly name: string
  readonly config: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
  readonly file: string
}

/** Stores a file in a process of its own, so that nothing but the upload is in its memory. `growth_bytes`: of the resident set, at its height. */
export async function measureUpload({ module, name, config, env, file }: MeasuredUpload): Promise<z.infer<typeof ReportSchema>> {
  const script = join(import.meta.dirname, 'upload-memory-process.ts')
  const args = ['--expose-gc', '--import', 'tsx', script, module, name, JSON.stringify(config), JSON.stringify(env), file]
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
