import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { startDeadline } from '../../../lib/deadline.ts'
import { followAbort } from '../../../lib/follow-abort.ts'
import { inBatches } from '../../../lib/in-batches.ts'
import { endpointOf } from './config.ts'
import type { PartBuffers } from './part-buffers.ts'
import { s3Code } from './s3-error.ts'
import type { S3Session } from './s3-session.ts'
import type { SourceFile } from './source-file.ts'
import { contentMd5, SHA256_METADATA, storedForm } from './stored-form.ts'
import type { UnfinishedUploads } from './unfinished-uploads.ts'

const MOST_PARTS = 10_000
/** Aborting an upload outlives the operation that was cancelled, but not for long. */
const ABORT_WITHIN_MS = 3000

export interface UploadTools {
  readonly session: S3Session
  readonly buffers: PartBuffers
  readonly unfinished: UnfinishedUploads
}

export interface UploadJob {
  readonly source: SourceFile
  /** Of the object. */
  readonly name: string
  /** Hears of what the server has confirmed. */
  readonly onBytes: ((bytes: number) => void) | undefined
}

interface Upload {
  readonly Bucket: string
  readonly Key: string
  readonly UploadId: string
}

/** Stores a file in parts. Whatever goes wrong, no part stays behind. */
export async function uploadInParts(tools: UploadTools, job: UploadJob, signal: AbortSignal): Promise<Result<void, PluginError>> {
  const { source, name } = job
  const { config } = tools.session
  if (source.size > config.part_size_bytes * MOST_PARTS)
    return err(pluginError('invalid', `the file has more than ${MOST_PARTS} parts: raise part_size_bytes`))
  await clearLeftovers(tools, signal)
  const upload = await beginUpload(tools.session, { name, sha256: source.sha256 }, signal)
  if (!upload.ok) return upload
  const { UploadId: upload_id } = upload.value
  const file = await tools.unfinished.remember({ endpoint: endpointOf(config), bucket: config.bucket, name, upload_id })
  const parts = await uploadParts(tools, job, upload.value, signal)
  const done = parts.ok ? await complete(tools.session, { upload: upload.value, parts: parts.value, source }, signal) : parts
  if (done.ok || (await abortUpload(tools.session, upload.value)).ok) await tools.unfinished.forget(file)
  else tools.unfinished.leave(file)
  return done
}

export async function beginUpload(
  session: S3Session,
  object: { readonly name: string; readonly sha256: string },
  signal: AbortSignal,
  attempts?: number,
): Promise<Result<Upload, PluginError>> {
  const form = storedForm(session.config, object)
  const begun = await session.call(signal, (s3, options) => s3.send(new CreateMultipartUploadCommand(form), options), attempts)
  if (!begun.ok) return begun
  const { UploadId } = begun.value
  if (UploadId === undefined) return err(pluginError('unavailable', 'the server at `endpoint` answers, but not as S3 does'))
  return ok({ Bucket: form.Bucket, Key: form.Key, UploadId })
}

export async function uploadPart(
  session: S3Session,
  upload: Upload,
  part: { readonly number: number; readonly bytes: Uint8Array },
  signal: AbortSignal,
): Promise<Result<string, PluginError>> {
  const input = { ...upload, PartNumber: part.number, Body: part.bytes, ContentMD5: contentMd5(part.bytes) }
  const sent = await session.call(signal, (s3, options) => s3.send(new UploadPartCommand(input), options))
  if (!sent.ok) return sent
  return requireTag(sent.value.ETag)
}

/** A web server that is no S3 says 200 to a PUT, too. */
export function requireTag(tag: string | undefined): Result<string, PluginError> {
  return tag === undefined ? err(pluginError('unavailable', 'the server at `endpoint` answers, but not as S3 does')) : ok(tag)
}

/** Success also when it is gone already. Done even when the signal of the upload has long been aborted. */
export async function abortUpload(session: S3Session, upload: Upload): Promise<Result<void, PluginError>> {
  using deadline = startDeadline(ABORT_WITHIN_MS, new AbortController().signal)
  const aborted = await session.call(deadline.signal, (s3, options) => s3.send(new AbortMultipartUploadCommand(upload), options))
  if (aborted.ok || s3Code(aborted.error.cause) === 'NoSuchUpload') return ok()
  return deadline.signal.aborted ? err(pluginError('unavailable', 'the storage does not abort an unfinished upload in time')) : aborted
}

async function clearLeftovers({ session, unfinished }: UploadTools, signal: AbortSignal): Promise<void> {
  const place = { endpoint: endpointOf(session.config), bucket: session.config.bucket }
  await unfinished.clear(place, async ({ bucket, name, upload_id }) => {
    return !signal.aborted && (await abortUpload(session, { Bucket: bucket, Key: name, UploadId: upload_id })).ok
  })
}

/** The tags of all parts, in order. The first part that fails for good stops the others. */
async function uploadParts(
  tools: UploadTools,
  { source, onBytes }: UploadJob,
  upload: Upload,
  signal: AbortSignal,
): Promise<Result<string[], PluginError>> {
  const { part_size_bytes: partSize, parallel_parts } = tools.session.config
  const starts = Array.from({ length: Math.ceil(source.size / partSize) }, (_, index) => index * partSize)
  const tags: string[] = []
  const failures: PluginError[] = []
  const stop = new AbortController()
  using _following = followAbort(stop, signal)
  await inBatches(starts, parallel_parts, stop.signal, async (start) => {
    const number = start / partSize + 1
    const length = Math.min(partSize, source.size - start)
    const sent = await readAndSend(tools, { source, upload, start, length, number }, stop.signal)
    if (sent.ok) {
      tags[number - 1] = sent.value
      onBytes?.(length)
    } else {
      failures.push(sent.error)
      stop.abort()
    }
  })
  if (signal.aborted) return err(pluginError('cancelled', 'storage operation cancelled'))
  return failures[0] === undefined ? ok(tags) : err(failures[0])
}

interface PartOfFile {
  readonly source: SourceFile
  readonly upload: Upload
  readonly start: number
  readonly length: number
  readonly number: number
}

async function readAndSend(
  tools: UploadTools,
  { source, upload, start, length, number }: PartOfFile,
  signal: AbortSignal,
): Promise<Result<string, PluginError>> {
  using buffer = await tools.buffers.take(signal)
  if (buffer === null) return err(pluginError('cancelled', 'storage operation cancelled'))
  const read = await source.read(buffer.bytes, start, length)
  if (!read.ok) return read
  return await uploadPart(tools.session, upload, { number, bytes: read.value }, signal)
}

interface Completion {
  readonly upload: Upload
  readonly parts: readonly string[]
  readonly source: SourceFile
}

async function complete(
  session: S3Session,
  { upload, parts, source }: Completion,
  signal: AbortSignal,
): Promise<Result<void, PluginError>> {
  const unchanged = await source.unchanged()
  if (!unchanged.ok) return unchanged
  const list = { Parts: parts.map((ETag, index) => ({ ETag, PartNumber: index + 1 })) }
  const input = { ...upload, MultipartUpload: list }
  const completed = await session.call(signal, (s3, options) => s3.send(new CompleteMultipartUploadCommand(input), options))
  if (completed.ok) return ok()
  // Its answer may have been lost, and the next try then finds no such upload any more.
  return (await isStored(session, upload, source, signal)) ? ok() : completed
}

async function isStored(session: S3Session, { Bucket, Key }: Upload, source: SourceFile, signal: AbortSignal): Promise<boolean> {
  const found = await session.call(signal, (s3, options) => s3.send(new HeadObjectCommand({ Bucket, Key }), options))
  return found.ok && found.value.ContentLength === source.size && found.value.Metadata?.[SHA256_METADATA] === source.sha256
}
