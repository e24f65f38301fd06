import { setMaxListeners } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { StorageBackend } from '../../contracts/storage.ts'

export type Create = () => Promise<StorageBackend>

export const live: AbortSignal = new AbortController().signal
// One signal for all operations at once, as at shutdown.
setMaxListeners(0, live)

/** Larger than any buffer on the way. */
export const BIG_BYTES = 8 * 1024 * 1024

export async function putFile(storage: StorageBackend, bytes: Uint8Array, key: string): Promise<string> {
  const file = join(await freshFolder(), 'source.bin')
  await writeFile(file, bytes)
  return uriOf(await storage.put(file, key, live))
}

export function uriOf(stored: Awaited<ReturnType<StorageBackend['put']>>): string {
  if (!stored.ok) throw new Error(`${stored.error.kind}: ${stored.error.message}`)
  return stored.value.storage_uri
}

/** An address of this backend under which nothing is stored. */
export async function deletedObject(storage: StorageBackend, key = 'a/never.mp4'): Promise<string> {
  const uri = await putFile(storage, Buffer.from('soon gone'), key)
  const deleted = await storage.delete(uri, live)
  if (!deleted.ok) throw new Error(deleted.error.message)
  return uri
}

export async function getBack(storage: StorageBackend, uri: string): Promise<Buffer> {
  const target = join(await freshFolder(), 'back.bin')
  const got = await storage.get(uri, target, live)
  if (!got.ok) throw new Error(got.error.message)
  return readFile(target)
}

export async function readAll(storage: StorageBackend, uri: string): Promise<Buffer> {
  const read = await storage.read(uri, null, live)
  if (!read.ok) throw new Error(read.error.message)
  return collect(read.value.stream)
}

export async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array)) // a byte stream without encoding
  return Buffer.concat(chunks)
}

export function freshFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'homesec-storage-contract-'))
}
