import { PassThrough, pipeline, Readable } from 'node:stream'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'

/** The SDK's type covers browsers, too; in Node it is a stream. */
export function bodyOf(answer: GetObjectCommandOutput): Readable {
  // An answer of Node's HTTP client does not destroy itself when its reader stops half way; a stream of our own does, and it along.
  if (answer.Body instanceof Readable) return pipeline(answer.Body, new PassThrough(), () => undefined)
  throw new Error('an answer without a body')
}

/** Size of the whole object, of which the answer may be a part; null when the server does not say. */
export function wholeSizeOf(answer: GetObjectCommandOutput): number | null {
  if (answer.ContentRange === undefined) return answer.ContentLength ?? null
  const size = /^bytes \d+-\d+\/(\d+)$/.exec(answer.ContentRange)?.[1]
  return size === undefined ? null : Number(size)
}
