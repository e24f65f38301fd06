import { createHash, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import type { ByteRange, ObjectRead, StorageBackend, StoredObject } from '../../../contracts/storage.ts'
import type { S3Config } from './config.ts'
import { download } from './download.ts'
import { abortUpload, beginUpload, requireTag, uploadInParts, uploadPart, type UploadTools } from './multipart-upload.ts'
import { keyOf, objectName, publicUrl, uriOf } from './object-address.ts'
import { bodyOf, wholeSizeOf } from './object-body.ts'
import { PartBuffers } from './part-buffers.ts'
import { s3Code } from './s3-error.ts'
import { S3Session } from './s3-session.ts'
import { SourceFile } from './source-file.ts'
import { contentMd5, storedForm } from './stored-form.ts'
import { UnfinishedUploads } from './unfinished-uploads.ts'

/** Keeps objects in one bucket of a service that speaks S3. */
export class S3Storage implements StorageBackend {
  readonly #config: S3Config
  readonly #session: S3Session
  readonly #tools: UploadTools
  #closed = false

  constructor(config: S3Config, host: Pick<PluginHost, 'clock' | 'log' | 'secrets' | 'dirs'>) {
    this.#config = config
    this.#session = new S3Session(config, host)
    this.#tools = {
      session: this.#session,
      buffers: new PartBuffers(config.parallel_parts, config.part_size_bytes),
      unfinished: new UnfinishedUploads(join(host.dirs.state, 'unfinished-uploads'), host.log),
    }
  }

  async put(localPath: string, key: string, signal: AbortSignal): Promise<Result<StoredObject, PluginError>> {
    const name = this.#nameOf(key, signal)
    if (!name.ok) return name
    const source = await SourceFile.open(localPath, signal)
    if (!source.ok) return source
    await using file = source.value
    const stored =
      file.size <= this.#config.part_size_bytes
        ? await this.#putWhole(file, name.value, signal)
        : await uploadInParts(this.#tools, file, name.value, signal)
    if (!stored.ok) return stored
    return await this.#stored(key, signal)
  }

  locate(key: string): Result<string, PluginError> {
    return uriOf(this.#config, key)
  }

  async putBytes(bytes: Uint8Array, key: string, signal: AbortSignal): Promise<Result<StoredObject, PluginError>> {
    const name = this.#nameOf(key, signal)
    if (!name.ok) return name
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const stored = await this.#send(bytes, { name: name.value, sha256 }, signal)
    return stored.ok ? this.#stored(key, signal) : stored
  }

  async get(storageUri: string, localPath: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const name = this.#nameBehind(storageUri, signal)
    return name.ok ? download(this.#session, name.value, localPath, signal) : name
  }

  async read(storageUri: string, range: ByteRange | null, signal: AbortSignal): Promise<Result<ObjectRead, PluginError>> {
    const name = this.#nameBehind(storageUri, signal)
    if (!name.ok) return name
    if (range !== null && (range.start < 0 || range.end < range.start))
      return err(pluginError('invalid', `bytes ${range.start}-${range.end} are no range`))
    const answer = await this.#fetch(name.value, range, signal)
    if (!answer.ok) return answer
    const stream = bodyOf(answer.value)
    const size = wholeSizeOf(answer.value)
    if (size !== null && (range === null || answer.value.ContentRange !== undefined))
      return ok({ stream: addAbortSignal(signal, stream), size })
    stream.destroy()
    return err(pluginError('unavailable', 'the server at `endpoint` does not answer with the part that was asked for'))
  }

  async exists(storageUri: string, signal: AbortSignal): Promise<Result<boolean, PluginError>> {
    const name = this.#nameBehind(storageUri, signal)
    if (!name.ok) return name
    // Not HEAD: its answer has no body to tell a missing object from a missing bucket.
    const answer = await this.#fetch(name.value, { start: 0, end: 0 }, signal)
    if (answer.ok) {
      bodyOf(answer.value).destroy()
      return ok(true)
    }
    const code = s3Code(answer.error.cause)
    if (code === 'InvalidRange') return ok(true) // it is empty
    return code === 'NoSuchKey' || code === 'NotFound' ? ok(false) : answer
  }

  async delete(storageUri: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    const name = this.#nameBehind(storageUri, signal)
    if (!name.ok) return name
    const command = new DeleteObjectCommand({ Bucket: this.#config.bucket, Key: name.value })
    const deleted = await this.#session.call(signal, (s3, options) => s3.send(command, options))
    return deleted.ok || s3Code(deleted.error.cause) === 'NoSuchKey' ? ok() : deleted
  }

  /** An upload that is begun, fed and aborted: it takes the right to write, and leaves nothing in buckets that keep old versions either. */
  async ping(signal: AbortSignal): Promise<Result<void, PluginError>> {
    const refusal = this.#refusal(signal)
    if (refusal !== null) return err(refusal)
    const prefix = this.#config.prefix === '' ? '' : `${this.#config.prefix}/`
    const upload = await beginUpload(this.#session, { name: `${prefix}.homesec-probe-${randomUUID()}`, sha256: 'probe' }, signal, 1)
    if (!upload.ok) return upload
    const sent = await uploadPart(this.#session, upload.value, { number: 1, bytes: Buffer.from('probe') }, signal)
    const aborted = await abortUpload(this.#session, upload.value)
    if (!sent.ok) return sent
    return aborted
      ? ok()
      : err(pluginError('rejected', 'unfinished uploads cannot be aborted: the policy must allow s3:AbortMultipartUpload'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#session.close()
  }

  async #putWhole(file: SourceFile, name: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
    using buffer = await this.#tools.buffers.take(signal)
    if (buffer === null) return err(pluginError('cancelled', 'storage operation cancelled'))
    const read = await file.read(buffer.bytes, 0, file.size)
    if (!read.ok) return read
    const unchanged = await file.unchanged()
    if (!unchanged.ok) return unchanged
    return await this.#send(read.value, { name, sha256: file.sha256 }, signal)
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
    return this.#session.call(signal, (s3, options) => s3.send(command, options))
  }

  async #stored(key: string, signal: AbortSignal): Promise<Result<StoredObject, PluginError>> {
    const uri = uriOf(this.#config, key)
    if (!uri.ok) return uri
    const link = await this.#viewUrl(key, signal)
    return link.ok ? ok({ storage_uri: uri.value, view_url: link.value }) : link
  }

  async #viewUrl(key: string, signal: AbortSignal): Promise<Result<string | null, PluginError>> {
    const { view_url_prefix, view_url_expires_s: expiresIn, bucket } = this.#config
    if (view_url_prefix !== null) return ok(publicUrl(view_url_prefix, key))
    const name = objectName(this.#config, key)
    if (expiresIn === null || expiresIn === 0 || !name.ok) return ok(null)
    const command = new GetObjectCommand({ Bucket: bucket, Key: name.value })
    return this.#session.call(signal, (s3) => getSignedUrl(s3, command, { expiresIn }))
  }

  #nameOf(key: string, signal: AbortSignal): Result<string, PluginError> {
    const refusal = this.#refusal(signal)
    return refusal === null ? objectName(this.#config, key) : err(refusal)
  }

  #nameBehind(storageUri: string, signal: AbortSignal): Result<string, PluginError> {
    const key = keyOf(this.#config, storageUri)
    return key.ok ? this.#nameOf(key.value, signal) : key
  }

  #refusal(signal: AbortSignal): PluginError | null {
    if (this.#closed) return pluginError('cancelled', 'the storage is closed')
    return signal.aborted ? pluginError('cancelled', 'storage operation cancelled') : null
  }
}
