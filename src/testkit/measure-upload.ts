import { execFile } from 'node:child_process'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface MeasuredUpload {
  readonly ok: boolean
  readonly message: string
  /** The most memory of the process during the upload, above what it had before. */
  readonly grown_bytes: number
}

export interface UploadToMeasure {
  /** Absolute address of the plugin's module, and the name of its export. */
  readonly plugin: readonly [module: string, name: string]
  readonly config: object
  readonly env: Readonly<Record<string, string>>
  readonly key: string
  readonly bytes: number
}

/** Stores a file in a process of its own, where nothing else uses memory. */
export async function measureUpload({ plugin, config, env, key, bytes }: UploadToMeasure): Promise<MeasuredUpload> {
  const folder = await mkdtemp(join(tmpdir(), 'homesec-upload-'))
  try {
    const file = join(folder, 'clip.mp4')
    await writeFile(file, 'a clip of nothing but holes, which costs no disk')
    await truncate(file, bytes)
    const script = join(import.meta.dirname, 'storage-process.ts')
    const args = ['--expose-gc', '--import', 'tsx', script, ...plugin, JSON.stringify(config), JSON.stringify(env), file, key]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    return JSON.parse(stdout) as MeasuredUpload
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
