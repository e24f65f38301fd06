import { open, type FileHandle } from 'node:fs/promises'
import { codeOf, messageOf, pluginError, type PluginError } from '../../../contracts/errors.ts'
import { attempt, err, ok, type Result } from '../../../contracts/result.ts'
import { networkError } from './http-client.ts'

/** The file to store, open. */
export async function openSource(path: string): Promise<Result<{ readonly file: FileHandle; readonly size: number }, PluginError>> {
  const gone = err(pluginError('invalid', 'the file to store does not exist or is not a file'))
  const opened = await attempt(
    () => open(path, 'r'),
    (cause) => (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(cause)) ? gone.error : localError(cause, null)),
  )
  if (!opened.ok) return opened
  const entry = await opened.value.stat()
  if (entry.isFile()) return ok({ file: opened.value, size: entry.size })
  await opened.value.close()
  return gone
}

/** The first `size` bytes; `unavailable` if the file has become shorter. */
export async function readStart(file: FileHandle, size: number): Promise<Result<Uint8Array, PluginError>> {
  const buffer = Buffer.allocUnsafeSlow(size)
  let filled = 0
  while (filled < size) {
    const { bytesRead } = await file.read(buffer, filled, size - filled, filled)
    if (bytesRead === 0) return err(pluginError('unavailable', 'the file became shorter while it was uploaded'))
    filled += bytesRead
  }
  return ok(buffer)
}

/** A local disk that fails, or a download that broke off. */
export function localError(cause: unknown, signal: AbortSignal | null): PluginError {
  if (signal?.aborted === true) return pluginError('cancelled', 'storage operation cancelled')
  const code = codeOf(cause)
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return networkError(cause, new AbortController().signal)
  if (code === 'EACCES' || code === 'EPERM') return pluginError('rejected', `a local file may not be used (${code})`, cause)
  return /^E[A-Z0-9]+$/.test(code) ? pluginError('unavailable', messageOf(cause), cause) : pluginError('bug', messageOf(cause), cause)
}
