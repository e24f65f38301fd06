import { pluginError, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { CopyProgress, StorageBackend, StoredObject } from '../contracts/storage.ts'

/** Objects in memory. `fails`: what every call answers while it is set. `gate`: what every upload waits for. */
export class FakeStorage implements Pick<StorageBackend, 'put' | 'putBytes' | 'get' | 'delete' | 'locate'> {
  readonly objects = new Set<string>()
  readonly puts: string[] = []
  fails: PluginError | null = null
  gate: Promise<void> = Promise.resolve()

  async put(_localPath: string, key: string, _signal?: AbortSignal, _progress?: CopyProgress): Promise<Result<StoredObject, PluginError>> {
    this.puts.push(key)
    await this.gate
    if (this.fails !== null) return err(this.fails)
    this.objects.add(`memory:${key}`)
    return ok({ storage_uri: `memory:${key}`, view_url: `https://home/${key}` })
  }

  locate(key: string): Result<string, PluginError> {
    return ok(`memory:${key}`)
  }

  async putBytes(_bytes: Uint8Array, key: string): Promise<Result<StoredObject, PluginError>> {
    return this.put('', key)
  }

  async get(storageUri: string): Promise<Result<void, PluginError>> {
    if (this.fails !== null) return err(this.fails)
    return this.objects.has(storageUri) ? ok() : err(pluginError('invalid', 'no such object'))
  }

  async delete(storageUri: string): Promise<Result<void, PluginError>> {
    if (this.fails !== null) return err(this.fails)
    this.objects.delete(storageUri)
    return ok()
  }
}
