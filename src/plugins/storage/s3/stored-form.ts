import { createHash } from 'node:crypto'
import { extname } from 'node:path/posix'
import type { S3Config } from './config.ts'

/** Our own, since an ETag is the MD5 of the content on some services and for some objects only. */
export const SHA256_METADATA = 'homesec-sha256'

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.mkv': 'video/x-matroska',
  '.mov': 'video/quicktime',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
}

/** How an object is stored, in the words of PutObject and CreateMultipartUpload. */
export function storedForm(config: S3Config, object: { readonly name: string; readonly sha256: string }) {
  return {
    Bucket: config.bucket,
    Key: object.name,
    // A link opens in the browser instead of being saved.
    ContentType: CONTENT_TYPES[extname(object.name).toLowerCase()] ?? 'application/octet-stream',
    Metadata: { [SHA256_METADATA]: object.sha256 },
    ...(config.storage_class === null ? {} : { StorageClass: config.storage_class }),
    ...(config.server_side_encryption === null ? {} : { ServerSideEncryption: config.server_side_encryption }),
    ...(config.kms_key_id === null ? {} : { SSEKMSKeyId: config.kms_key_id }),
  }
}

/** For the header by which the storage refuses a body that was damaged on its way. */
export function contentMd5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64')
}
