import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { ByteRange, CopyProgress, ObjectRead, StorageBackend, StoredObject } from '../../../contracts/storage.ts'
import { StorageCalls } from '../../../lib/remote-storage/calls.ts'
import { fault, StorageFault } from '../../../lib/remote-storage/fault.ts'
import { valueOf } from '../../../lib/remote-storage/value-of.ts'
import { WriteProof } from '../../../lib/remote-storage/write-proof.ts'
import type { S3Config } from './config.ts'
import { download } from './download.ts'
import { requireTag, uploadInParts, type UploadJob, type UploadTools } from './multipart-upload.ts'
import { keyOf, objectName, publicUrl, uriOf } from './object-address.ts'
import { bodyOf, wholeSizeOf } from './object-body.ts'
import { PartBuffers } from './part-buffers.ts'
import { probeReading, probeWriting } from './probe.ts'
import { s3Code, toPluginError } from './s3-error.ts'
import { S3Session } from './s3-session.ts'
import { SourceFile } from './source-file.ts'
import { contentMd5, storedForm } from './stored-form.ts'
import { UnfinishedUploads } from './unfinished-uploads.ts'

/** Keeps objects in one bucket of a service that speaks S3. */
export class S3Storage implements StorageBackend {
  readonly #config: S3Config
  readonly #session: S3Session
  readonly #tools: UploadTools
  readonly #calls: StorageCalls
  readonly #proof: WriteProof

  constructor(config: S3Config, host: Pick<PluginHost, 'clock' | 'log' | 'secrets' | 'dirs'>) {
    this.#config = config
    this.#session = new S3Session(config, host)
    this.#calls = new StorageCalls((cause) => toPluginError(cause, config, host.clock.now()))
    this.#proof = new WriteProof(host.clock)
    this.#tools = {
      session: this.#session,
      buffers: new PartBuffers(config.parallel_parts, config.part_size_bytes),
      unfinished: new UnfinishedUploads(join(host.dirs.state, 'unfinished-uploads'), host.log),
    }
  }

  put(localPath: string, key: string, signal: AbortSignal, progress?: CopyProgress): Promise<Result<StoredObject, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const name = valueOf(objectName(this.#config, key))
      await using source = valueOf(await SourceFile.open(localPath, limited))
      await this.#proof.over(async () => valueOf(await this.#upload({ source, name, onBytes: progress?.onBytes }, limited)))
      return await this.#stored(key, limited)
    })
  }

  locate(key: string): Result<string, PluginError> {
    return uriOf(this.#config, key)
  }

  putBytes(bytes: Uint8Array, key: string, signal: AbortSignal): Promise<Result<StoredObject, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const name = valueOf(objectName(this.#config, key))
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      await this.#proof.over(async () => valueOf(await this.#send(bytes, { name, sha256 }, limited)))
      return await this.#stored(key, limited)
    })
  }

  get(storageUri: string, localPath: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      valueOf(await download(this.#session, this.#nameBehind(storageUri), localPath, limited))
    })
  }

  read(storageUri: string, range: ByteRange | null, signal: AbortSignal): Promise<Result<ObjectRead, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const name = this.#nameBehind(storageUri)
      if (range !== null && (range.start < 0 || range.end < range.start))
        throw fault('invalid', `bytes ${range.start}-${range.end} are no range`)
      const answer = valueOf(await this.#fetch(name, range, limited))
      const stream = bodyOf(answer)
      const size = wholeSizeOf(answer)
      // The stream outlives this call, and with it `limited`.
      if (size !== null && (range === null || answer.ContentRange !== undefined)) return { stream: addAbortSignal(signal, stream), size }
      stream.destroy()
      throw fault('unavailable', 'the server at `endpoint` does not answer with the part that was asked for')
    })
  }

  exists(storageUri: string, signal: AbortSignal): Promise<Result<boolean, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      // Not HEAD: its answer has no body to tell a missing object from a missing bucket.
      const answer = await this.#fetch(this.#nameBehind(storageUri), { start: 0, end: 0 }, limited)
      if (answer.ok) {
        bodyOf(answer.value).destroy()
        return true
      }
      const code = s3Code(answer.error.cause)
      if (code === 'InvalidRange') return true // it is empty
      if (code === 'NoSuchKey' || code === 'NotFound') return false
      throw new StorageFault(answer.error)
    })
  }

  delete(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const command = new DeleteObjectCommand({ Bucket: this.#config.bucket, Key: this.#nameBehind(storageUri) })
      const deleted = await this.#session.call(limited, (s3, options) => s3.send(command, options))
      if (!deleted.ok && s3Code(deleted.error.cause) !== 'NoSuchKey') throw new StorageFault(deleted.error)
    })
  }

  ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    return this.#calls.run(signal, async (limited) => {
      const name = `${this.#config.prefix === '' ? '' : `${this.#config.prefix}/`}.homesec-probe-${randomUUID()}`
      valueOf(await probeReading(this.#session, name, limited))
      if (!this.#proof.isFresh) await this.#proof.over(async () => valueOf(await probeWriting(this.#tools, name, limited)))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls[Symbol.asyncDispose]()
    this.#session.close()
  }

  #upload(job: UploadJob, signal: AbortSignal): Promise<Result<void, PluginError>> {
    return job.source.size <= this.#config.part_size_bytes ? this.#putWhole(job, signal) : uploadInParts(this.#tools, job, signal)
  }

  async #putWhole({ source, name, onBytes }: UploadJob, signal: AbortSignal): Promise<Result<void, PluginError>> {
    using buffer = await this.#tools.buffers.take(signal)
    if (buffer === null) return err(pluginError('cancelled', 'storage operation cancelled'))
    const read = await source.read(buffer.bytes, 0, source.size)
    if (!read.ok) return read
    const unchanged = await source.unchanged()
    if (!unchanged.ok) return unchanged
    const sent = await this.#send(read.value, { name, sha256: source.sha256 }, signal)
    if (sent.ok) onBytes?.(source.size)
    return sent
  }

  async #send(
    bytes: Uint8Array,
    object: { readonly name: string; readonly sha256: string },
    signal: AbortSignal,
  ): Promise<Result<void, PluginError>> {
    const input = { ...storedForm(this.#config, object), Body: bytes, ContentMD5: contentMd5(bytes) }
    const sent = await this.#session.call(signal, (s3, options) => s3.send(new PutObjectCommand(input), options))
    if (!sent.ok) return sent
    const tag = requireTag(sent.value.ETag)
    return tag.ok ? ok() : tag
  }

  #fetch(name: string, range: ByteRange | null, signal: AbortSignal) {
    const bytes = range === null ? {} : { Range: `bytes=${range.start}-${range.end}` }
    const command = new GetObjectCommand({ Bucket: this.#config.bucket, Key: name, ...bytes })
    return this.#session.callForReader(signal, (s3, options) => s3.send(command, options))
  }

  async #stored(key: string, signal: AbortSignal): Promise<StoredObject> {
    return { storage_uri: valueOf(uriOf(this.#config, key)), view_url: valueOf(await this.#viewUrl(key, signal)) }
  }

  async #viewUrl(key: string, signal: AbortSignal): Promise<Result<string | null, PluginError>> {
    const { view_url_prefix, view_url_expires_s: expiresIn, bucket } = this.#config
    if (view_url_prefix !== null) return ok(publicUrl(view_url_prefix, key))
    const name = objectName(this.#config, key)
    if (expiresIn === null || expiresIn === 0 || !name.ok) return ok(null)
    const command = new GetObjectCommand({ Bucket: bucket, Key: name.value })
    return this.#session.call(signal, (s3) => getSignedUrl(s3, command, { expiresIn }))
  }

  #nameBehind(storageUri: string): string {
    return valueOf(objectName(this.#config, valueOf(keyOf(this.#config, storageUri))))
  }
}
