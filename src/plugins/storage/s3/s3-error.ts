import { S3ServiceException } from '@aws-sdk/client-s3'
import { z } from 'zod'
import { codeOf, pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'
import { kindOfStatus, retryAfterMs } from '../../../lib/http-errors.ts'
import { endpointOf, type S3Config } from './config.ts'

type Explain = (config: S3Config, cause: unknown) => string
type Rule = readonly [ErrorKind, Explain]

const WRONG_SECRET: Rule = [
  'rejected',
  (c) =>
    `the signature is wrong: check the secret in ${c.secret_access_key_env} (secret_access_key_env) and the key id in ${c.access_key_id_env}`,
]
const WRONG_KEY: Rule = [
  'rejected',
  (c) =>
    `this access key is unknown there: check ${c.access_key_id_env} (access_key_id_env), and that \`endpoint\` is the service it belongs to`,
]
const EXPIRED: Rule = [
  'rejected',
  (c) =>
    `the session token has expired or is wrong: renew ${c.session_token_env ?? 'it'} (session_token_env) with its access key, then restart`,
]
const FORBIDDEN: Rule = [
  'rejected',
  (c) =>
    `the access key may not do this in the bucket "${c.bucket}": its policy must allow s3:PutObject, GetObject, DeleteObject, AbortMultipartUpload and ListBucket`,
]
const NO_BUCKET: Rule = ['rejected', (c) => `there is no bucket "${c.bucket}" (bucket) at ${hostOf(c)}: create it or correct the name`]
const WRONG_REGION: Rule = [
  'rejected',
  (c, cause) => `"${c.region}" (region) is not the region of the bucket "${c.bucket}"${hintOf(cause)}`,
]
const FULL: Rule = ['unavailable', (c) => `the account or the bucket "${c.bucket}" is full: delete something or raise its quota`]
const SLOW_DOWN: Rule = ['unavailable', () => 'the storage asks for fewer requests for a while']
const CLOCK: Rule = ['unavailable', () => 'the clocks of this machine and of the storage differ: set this one by NTP']
const DAMAGED: Rule = ['unavailable', () => 'the data was damaged or cut on its way to the storage']
const UPLOAD_LOST: Rule = ['unavailable', () => 'the storage has forgotten parts of an unfinished upload; it has to begin again']
const BROKEN: Rule = ['unavailable', () => 'the storage has a fault of its own']
const NO_OBJECT: Rule = ['invalid', () => 'the object does not exist']
const DISK_FULL: Rule = ['unavailable', () => 'the local disk is full; free some space']
const DISK_REFUSES: Rule = ['rejected', () => 'HomeSec may not write to the local folder; change its owner or permissions']

/** By S3's error code, AWS's or another maker's, or by Node's. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const RULES: Readonly<Record<string, Rule>> = {
  InvalidAccessKeyId: WRONG_KEY,
  SignatureDoesNotMatch: WRONG_SECRET,
  ExpiredToken: EXPIRED,
  InvalidToken: EXPIRED,
  TokenRefreshRequired: EXPIRED,
  AccessDenied: FORBIDDEN,
  AllAccessDisabled: FORBIDDEN,
  AccountProblem: FORBIDDEN,
  NoSuchBucket: NO_BUCKET,
  AuthorizationHeaderMalformed: WRONG_REGION,
  PermanentRedirect: WRONG_REGION,
  IllegalLocationConstraintException: WRONG_REGION,
  QuotaExceeded: FULL, // Ceph, Wasabi
  XMinioAdminBucketQuotaExceeded: FULL,
  XMinioStorageFull: FULL,
  InsufficientStorage: FULL,
  SlowDown: SLOW_DOWN,
  TooManyRequests: SLOW_DOWN,
  RequestLimitExceeded: SLOW_DOWN,
  Throttling: SLOW_DOWN,
  ThrottlingException: SLOW_DOWN,
  RequestTimeTooSkewed: CLOCK,
  RequestTimeout: DAMAGED, // the storage waited in vain for the rest of the body
  BadDigest: DAMAGED,
  XAmzContentSHA256Mismatch: DAMAGED,
  IncompleteBody: DAMAGED,
  NoSuchUpload: UPLOAD_LOST, // aborted meanwhile, by a lifecycle rule or by hand
  InvalidPart: UPLOAD_LOST,
  OperationAborted: BROKEN,
  InternalError: BROKEN,
  ServiceUnavailable: BROKEN,
  NoSuchKey: NO_OBJECT,
  NotFound: ['invalid', () => 'the object does not exist, or `endpoint` is not the address of an S3 service'],
  InvalidObjectState: ['invalid', () => 'the object lies in an archive and has to be restored there first'],
  InvalidRange: ['invalid', () => 'the range is outside of the object'],
  KeyTooLongError: ['invalid', () => 'the name of the object is too long for this storage'],
  ENOTFOUND: ['unavailable', (c) => `the name ${hostOf(c)} (endpoint) is not known to DNS`],
  EAI_AGAIN: ['unavailable', (c) => `the name ${hostOf(c)} (endpoint) cannot be looked up now`],
  ECONNREFUSED: ['unavailable', (c) => `nothing listens at ${hostOf(c)} (endpoint)`],
  EPROTO: ['rejected', (c) => `no encrypted connection to ${hostOf(c)} (endpoint): is it http instead of https?`],
  ENOSPC: DISK_FULL,
  EDQUOT: DISK_FULL,
  EACCES: DISK_REFUSES,
  EPERM: DISK_REFUSES,
  EROFS: DISK_REFUSES,
  ENOENT: ['invalid', () => 'a local file or folder is gone'],
  EISDIR: ['invalid', () => 'the local path is a folder'],
  ENOTDIR: ['invalid', () => 'a part of the local path is not a folder'],
}
const BY_STATUS: Readonly<Record<number, Rule>> = { 301: WRONG_REGION, 403: FORBIDDEN, 429: SLOW_DOWN, 507: FULL }
const CERTIFICATE = /^(?:ERR_TLS_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/

const AnsweredSchema = z.object({ $metadata: z.object({ httpStatusCode: z.number() }) })

/** S3's code for what went wrong, or Node's, or the empty string. */
export function s3Code(cause: unknown): string {
  return cause instanceof S3ServiceException ? cause.name : codeOf(cause)
}

/** Whether only a new upload can help, not the same request once more. */
export function isUploadLost(cause: unknown): boolean {
  return RULES[s3Code(cause)] === UPLOAD_LOST
}

/** Never repeats what the server said: that may quote keys and signatures. */
export function toPluginError(cause: unknown, config: S3Config, now: Date): PluginError {
  const code = s3Code(cause)
  const status = statusOf(cause)
  const rule = RULES[code] ?? (status === null ? undefined : BY_STATUS[status])
  const error = rule === undefined ? unlisted(cause, config, status) : pluginError(rule[0], rule[1](config, cause), cause)
  const wait = cause instanceof S3ServiceException ? retryAfterMs(cause.$response?.headers['retry-after'] ?? null, now) : undefined
  return wait === undefined || error.kind !== 'unavailable' ? error : { ...error, retryAfterMs: wait }
}

function unlisted(cause: unknown, config: S3Config, status: number | null): PluginError {
  const code = s3Code(cause)
  if (CERTIFICATE.test(code))
    return pluginError(
      'rejected',
      `the certificate of ${hostOf(config)} (endpoint) is not trusted (${code}); a CA of your own goes into ca_file`,
      cause,
    )
  if (!(cause instanceof S3ServiceException) && status !== null && status < 400)
    return pluginError('unavailable', `${hostOf(config)} (endpoint) answers, but not as S3 does`, cause)
  if (cause instanceof Error && cause.name === 'TimeoutError')
    return pluginError('unavailable', `${hostOf(config)} (endpoint) stayed silent for longer than timeout_s`, cause)
  if (status !== null) return pluginError(kindOfStatus(status), `the storage answered ${status}${plain(code)}`, cause)
  return pluginError('unavailable', `the connection to ${hostOf(config)} (endpoint) failed${plain(code)}`, cause)
}

function statusOf(cause: unknown): number | null {
  return AnsweredSchema.safeParse(cause).data?.$metadata.httpStatusCode ?? null
}

function plain(code: string): string {
  return /^[A-Za-z0-9_.]{1,64}$/.test(code) ? ` (${code})` : ''
}

function hostOf(config: S3Config): string {
  return new URL(endpointOf(config)).host
}

const HintSchema = z.object({ Region: z.string().regex(/^[a-z0-9-]{1,40}$/) })

/** AWS says where the bucket is, in the body or in a header. */
function hintOf(cause: unknown): string {
  const header = cause instanceof S3ServiceException ? cause.$response?.headers['x-amz-bucket-region'] : undefined
  const region = HintSchema.safeParse(cause).data?.Region ?? HintSchema.safeParse({ Region: header }).data?.Region
  return region === undefined ? '' : `; the storage says "${region}"`
}
