import { GetObjectCommand } from '@aws-sdk/client-s3'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { endpointOf } from './config.ts'
import { abortUpload, beginUpload, uploadPart, type UploadTools } from './multipart-upload.ts'
import { bodyOf } from './object-body.ts'
import { s3Code } from './s3-error.ts'
import type { S3Session } from './s3-session.ts'

/** Login, bucket and the right to read, by asking for an object that nobody has: among the cheapest requests. */
export async function probeReading(session: S3Session, name: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
  const command = new GetObjectCommand({ Bucket: session.config.bucket, Key: name, Range: 'bytes=0-0' })
  const answer = await session.call(signal, (s3, options) => s3.send(command, options), 1)
  if (!answer.ok) return s3Code(answer.error.cause) === 'NoSuchKey' ? ok() : answer
  bodyOf(answer.value).destroy()
  // Web servers say 200 to anything.
  return answer.value.ContentRange === undefined
    ? err(pluginError('unavailable', 'the server at `endpoint` answers, but not as S3 does'))
    : ok()
}

/** An upload that is begun, fed and aborted: it takes the right to write, and leaves nothing in buckets that keep old versions either. */
export async function probeWriting(tools: UploadTools, name: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
  const { session, unfinished } = tools
  const upload = await beginUpload(session, { name, sha256: 'probe' }, signal, 1)
  if (!upload.ok) return upload
  const { Bucket: bucket, UploadId: upload_id } = upload.value
  const file = await unfinished.remember({ endpoint: endpointOf(session.config), bucket, name, upload_id })
  const sent = await uploadPart(session, upload.value, { number: 1, bytes: Buffer.from('probe') }, signal)
  const aborted = await abortUpload(session, upload.value)
  if (aborted.ok) await unfinished.forget(file)
  else unfinished.leave(file)
  if (!sent.ok) return sent
  if (aborted.ok || s3Code(aborted.error.cause) !== 'AccessDenied') return aborted
  return err(pluginError('rejected', 'unfinished uploads cannot be aborted: the policy must allow s3:AbortMultipartUpload'))
}
