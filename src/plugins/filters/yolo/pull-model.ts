import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf, messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../../../contracts/result.ts'
import { checkModel } from './check-model.ts'
import { MODEL_BASE_URL, resolveModel, type KnownModel } from './model-list.ts'

export interface PullOptions {
  readonly signal: AbortSignal
  /** `total` is null when the server does not say. */
  readonly onProgress?: (bytes: number, total: number | null) => void
  readonly baseUrl?: string
}

/** No model of ours is larger; a broken server could be endless. */
const MAX_BYTES = 1_000_000_000

/**
 * Fetches a model by name unless it is there: under a temporary name, checked against its checksum where one is known, loaded
 * and run once, then renamed. So what has the final name works.
 * @returns its path; `unavailable` when it cannot be had now, `rejected` when it is not offered or does not load, `invalid` when its
 *   checksum is wrong, `cancelled` when `signal` aborts.
 */
export async function pullModel(name: string, modelsDir: string, options: PullOptions): Promise<Result<string, PluginError>> {
  const place = await resolveModel(name, modelsDir)
  if (!place.ok) return place
  if (place.value.missing === null) return ok(place.value.path)
  const { path, missing } = place.value
  const partial = `${path}.${process.pid}.part`
  try {
    const checksum = await download(missing, partial, options)
    if (!checksum.ok) return checksum
    if (missing.sha256 !== null && checksum.value !== missing.sha256) {
      return err(pluginError('invalid', `the download of ${name} is damaged: its checksum is wrong`))
    }
    const checked = await checkModel({ name, path: partial }, options.signal)
    if (!checked.ok) return checked
    const renamed = await attempt(
      () => rename(partial, path),
      (cause) => downloadError(name, cause, options.signal),
    )
    return renamed.ok ? ok(path) : renamed
  } finally {
    await rm(partial, { force: true })
  }
}

/** The file's SHA-256. */
async function download(model: KnownModel, path: string, options: PullOptions): Promise<Result<string, PluginError>> {
  const url = new URL(model.file, options.baseUrl ?? MODEL_BASE_URL)
  return attempt(
    async () => {
      await mkdir(dirname(path), { recursive: true })
      const response = await fetch(url, { signal: options.signal })
      if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`)
      const total = Number(response.headers.get('content-length')) || null
      const hash = createHash('sha256')
      let bytes = 0
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          bytes += chunk.length
          hash.update(chunk)
          options.onProgress?.(bytes, total)
          done(bytes > MAX_BYTES ? new Error('the server sends without end') : null, chunk)
        },
      })
      await pipeline(Readable.fromWeb(response.body), counted, createWriteStream(path, { flush: true }), {
        signal: options.signal,
      })
      return hash.digest('hex')
    },
    (cause) => downloadError(model.name, cause, options.signal),
  )
}

function downloadError(name: string, cause: unknown, signal: AbortSignal): PluginError {
  if (signal.aborted) return pluginError('cancelled', `the download of ${name} was stopped`, cause)
  const reason = cause instanceof Error && cause.cause !== undefined ? codeOf(cause.cause) || messageOf(cause.cause) : messageOf(cause)
  return pluginError('unavailable', `the model ${name} cannot be downloaded now: ${reason}`, cause)
}
