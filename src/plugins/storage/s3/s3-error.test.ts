import { S3ServiceException } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { S3ConfigSchema } from './config.ts'
import { isUploadLost, toPluginError } from './s3-error.ts'

const config = S3ConfigSchema.parse({ bucket: 'clips' })
const said = (name: string, status: number) =>
  new S3ServiceException({ name, message: 'canary', $fault: 'client', $metadata: { httpStatusCode: status } })

test.each([
  ['NoSuchUpload', 404, 'unavailable'],
  ['InvalidPart', 400, 'unavailable'],
  ['NoSuchKey', 404, 'invalid'],
  ['EntityTooLarge', 400, 'invalid'],
  ['ServiceUnavailable', 503, 'unavailable'],
  ['AccessDenied', 403, 'rejected'],
])('%s with %i is %s, without the words of the server', (name, status, kind) => {
  const error = toPluginError(said(name, status), config, new Date(0))
  expect(error.kind).toBe(kind)
  expect(error.message).not.toContain('canary')
})

test('an upload that is lost is begun again; the same request is not repeated', () => {
  expect(['NoSuchUpload', 'InvalidPart', 'SlowDown'].map((name) => isUploadLost(said(name, 404)))).toEqual([true, true, false])
})
