import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand, type GetObjectCommandOutput } from '@aws-sdk/client-s3'
import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { syncFolder } from '../../../lib/atomic-file.ts'
import { bodyOf } from './object-body.ts'
import type { S3Session } from './s3-session.ts'
import { SHA256_METADATA } from './stored-form.ts'

/** Fetches an object into a file that appears whole, and as it was uploaded, or not at all. */
export async function download(
  session: S3Session,
  name: string,
  localPath: string,
  signal: AbortSignal,
): Promise<Result<void, PluginError>> {
  const part = join(dirname(localPath), `.homesec-part-${randomUUID()}`)
  const input = { Bucket: session.config.bucket, Key: name }
  const fetched = await session.call(signal, async (s3, options) => {
    // First: a folder that cannot be made must not leave an answer that nobody reads.
    await mkdir(dirname(localPath), { recursive: true })
    const answer = await s3.send(new GetObjectCommand(input), options)
    return { answer, ...(await save(bodyOf(answer), part, signal)) }
  })
  const whole = fetched.ok ? checked(fetched.value) : fetched
  const placed = whole.ok ? await place(session, part, localPath, signal) : whole
  if (!placed.ok) await rm(part, { force: true }).catch(() => undefined) // the failure is told, not its cleaning up
  return placed
}

interface Saved {
  readonly sha256: string
  readonly size: number
}

async function save(body: Readable, part: string, signal: AbortSignal): Promise<Saved> {
  const hash = createHash('sha256')
  let size = 0
  const hashing = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk)
      size += chunk.length
      done(null, chunk)
    },
  })
  await pipeline(body, hashing, createWriteStream(part), { signal })
  return { sha256: hash.digest('hex'), size }
}

function checked({ answer, sha256, size }: Saved & { readonly answer: GetObjectCommandOutput }): Result<void, PluginError> {
  if (answer.ContentLength !== undefined && size !== answer.ContentLength)
    return err(pluginError('unavailable', 'the connection broke before the whole object was there'))
  const expected = answer.Metadata?.[SHA256_METADATA]
  // Without one it was put there by somebody else.
  if (expected === undefined || expected === sha256) return ok()
  return err(pluginError('unavailable', 'the object is not what was uploaded: damaged on its way, or in the storage'))
}

async function place(session: S3Session, part: string, localPath: string, signal: AbortSignal): Promise<Result<void, PluginError>> {
  return session.call(
    signal,
    async () => {
      const file = await open(part, 'r+')
      try {
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(part, localPath)
      await syncFolder(dirname(localPath))
    },
    1,
  )
}
