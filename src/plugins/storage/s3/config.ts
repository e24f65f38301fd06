import { z } from 'zod'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { ViewUrlPrefixSchema } from '../../../lib/remote-storage/address.ts'
import { ServiceUrlSchema } from '../../../lib/service-url.ts'
import { storageKeyProblem } from '../../../lib/storage-key.ts'

const MIB = 1024 * 1024
/** The most that Signature Version 4 allows: seven days. */
const LONGEST_LINK_S = 604_800
/** Classes that hand out an object at once. The archive classes would hide clips from HomeSec itself. */
const STORAGE_CLASSES = ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR', 'REDUCED_REDUNDANCY'] as const

const PrefixSchema = z
  .string()
  .max(256)
  .transform((prefix) => prefix.replace(/^\/+|\/+$/g, ''))
  .superRefine((prefix, context) => {
    const problem = prefix === '' ? null : storageKeyProblem(prefix)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem.replace('the key', 'the prefix') })
  })

const access = {
  endpoint: ServiceUrlSchema.nullable()
    .default(null)
    .describe(
      'Address of the service, e.g. `https://s3.eu-central-003.backblazeb2.com` or `http://nas.lan:9000`. Default: AWS in `region`.',
    ),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'a region such as eu-central-1')
    .default('us-east-1')
    .describe('Where the bucket is. Default us-east-1, which most services other than AWS take; Garage: `garage`, Cloudflare: `auto`.'),
  bucket: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/, 'the name of a bucket alone, without s3:// and without a folder')
    .describe('The bucket. It must exist; HomeSec creates none.'),
  prefix: PrefixSchema.default('').describe('Folder inside the bucket that everything goes into. Default: none.'),
  force_path_style: z
    .boolean()
    .optional()
    .describe('Write the bucket into the path instead of the host name. Default: true with an `endpoint`, false at AWS.'),
  access_key_id_env: EnvNameSchema.default('AWS_ACCESS_KEY_ID').describe(
    'Environment variable with the id of the access key. Default AWS_ACCESS_KEY_ID.',
  ),
  secret_access_key_env: EnvNameSchema.default('AWS_SECRET_ACCESS_KEY').describe(
    'Environment variable with the secret of the access key. Default AWS_SECRET_ACCESS_KEY.',
  ),
  session_token_env: EnvNameSchema.nullable()
    .default(null)
    .describe('Environment variable with the session token of a temporary key. Default: none. Such a key expires, and uploads stop then.'),
  ca_file: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "Certificate authority of a server of your own, PEM. Default: those that Node trusts. With it, only this one's servers are trusted.",
    ),
}

const transfer = {
  part_size_bytes: z
    .number()
    .int()
    .min(5 * MIB)
    .max(512 * MIB)
    .default(8 * MIB)
    .describe('Files above this go in parts of this size, each tried again on its own. Default 8 MiB; 10,000 parts are the most.'),
  parallel_parts: z
    .number()
    .int()
    .min(1)
    .max(8)
    .default(2)
    .describe('How many parts are under way at once, over all clips. Default 2. Memory: this many times `part_size_bytes`.'),
  timeout_s: z
    .number()
    .positive()
    .max(3600)
    .default(60)
    .describe('How long the server may stay silent before the attempt is given up. Default 60.'),
}

const object = {
  storage_class: z
    .enum(STORAGE_CLASSES)
    .nullable()
    .default(null)
    .describe("Storage class of new objects. Default: the bucket's own. Archives that take hours to answer are not offered."),
  server_side_encryption: z
    .enum(['AES256', 'aws:kms'])
    .nullable()
    .default(null)
    .describe('How the server encrypts new objects. Default: as the bucket does by itself. aws:kms needs rights to the key, too.'),
  kms_key_id: z
    .string()
    .min(1)
    .max(2048)
    .nullable()
    .default(null)
    .describe('Key for aws:kms. Default: the one that AWS keeps for your account.'),
}

const link = {
  view_url_prefix: ViewUrlPrefixSchema.describe(
    'Web address under which you serve the bucket with `prefix`, e.g. a CDN. Goes before `view_url_expires_s`. Default: none.',
  ),
  view_url_expires_s: z
    .number()
    .int()
    .min(0)
    .max(LONGEST_LINK_S, `S3 allows ${LONGEST_LINK_S}, seven days`)
    .nullable()
    .default(LONGEST_LINK_S)
    .describe(
      'How long the signed link of an alert opens the clip for whoever has it. Default seven days, the most, and no longer than a temporary key; 0 or null: no link.',
    ),
}

export const S3ConfigSchema = z
  .strictObject({ ...access, ...transfer, ...object, ...link })
  .refine((config) => config.kms_key_id === null || config.server_side_encryption === 'aws:kms', {
    message: 'needs server_side_encryption: aws:kms',
    path: ['kms_key_id'],
  })
export type S3Config = Readonly<z.output<typeof S3ConfigSchema>>

/** AWS has its own domain in China. Stated always, so that no `AWS_ENDPOINT_URL` of the environment sends clips elsewhere. */
export function endpointOf({ endpoint, region }: Pick<S3Config, 'endpoint' | 'region'>): string {
  return endpoint ?? `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}
