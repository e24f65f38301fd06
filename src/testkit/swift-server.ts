import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  CreateBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3'
import { z } from 'zod'

/** Debian's own: other Pythons do not see its packages. */
const PYTHON = '/usr/bin/python3'
const StartedSchema = z.object({ port: z.number() })

/** Why tests with a real S3 server must be skipped here, or null. */
export function swiftMissing(): string | null {
  const isThere = existsSync(PYTHON) && spawnSync(PYTHON, ['-c', 'import swift'], { stdio: 'ignore' }).status === 0
  return isThere ? null : 'OpenStack Swift is not installed (Debian package "python3-swift")'
}

/** What an owner would be given. */
export const SWIFT_KEY_ID = 'homes:homesec'
export const SWIFT_SECRET = 'swift-canary-secret'
export const SWIFT_REGION = 'us-east-1'

export interface SwiftServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  createBucket(name: string): Promise<void>
  /** Keys of all objects, sorted. */
  objects(bucket: string): Promise<string[]>
  /** Keys of the multipart uploads that are neither complete nor aborted. */
  unfinishedUploads(bucket: string): Promise<string[]>
  head(bucket: string, key: string): Promise<HeadObjectCommandOutput>
}

/** OpenStack Swift, a real object store that is run in production, with its S3 interface: it checks signatures, regions, dates and checksums. */
export async function startSwift(): Promise<SwiftServer> {
  const folder = await mkdtemp(join(tmpdir(), 'homesec-swift-'))
  const settings = JSON.stringify({ users: { [SWIFT_KEY_ID]: SWIFT_SECRET }, region: SWIFT_REGION })
  const child = spawn(PYTHON, [join(import.meta.dirname, 'swift-server.py'), folder, settings], { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const closed = once(child, 'close')
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    void closed.then(() => reject(new Error(`Swift ended: ${complaints}`)))
  })
  const { port } = StartedSchema.parse(JSON.parse(line))
  const url = `http://127.0.0.1:${port}`
  const client = new S3Client({
    endpoint: url,
    region: SWIFT_REGION,
    forcePathStyle: true,
    credentials: { accessKeyId: SWIFT_KEY_ID, secretAccessKey: SWIFT_SECRET },
  })
  return {
    port,
    url,
    createBucket: async (Bucket) => {
      await client.send(new CreateBucketCommand({ Bucket }))
    },
    objects: async (Bucket) => keysOf((await client.send(new ListObjectsV2Command({ Bucket }))).Contents),
    unfinishedUploads: async (Bucket) => keysOf((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads),
    head: (Bucket, Key) => client.send(new HeadObjectCommand({ Bucket, Key })),
    [Symbol.asyncDispose]: async () => {
      client.destroy()
      child.kill('SIGKILL')
      await closed
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function keysOf(items: readonly { readonly Key?: string | undefined }[] = []): string[] {
  return items.map(({ Key = '' }) => Key).sort()
}
