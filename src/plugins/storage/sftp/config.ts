import { z } from 'zod'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { ViewUrlPrefixSchema } from '../../../lib/remote-storage/address.ts'

export const SftpConfigSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .max(253)
      .regex(/^[^\s/@]+$/, 'a host name or address without sftp://, user or path')
      .describe('The server.'),
    port: z.number().int().min(1).max(65_535).default(22).describe('Default 22.'),
    username: z.string().min(1).max(255).describe('The user on the server.'),
    password_env: EnvNameSchema.optional().describe('Environment variable with the password. Default: login by key.'),
    private_key_file: z
      .string()
      .min(1)
      .optional()
      .describe('File with the private key, such as `ssh-keygen -t ed25519` makes. Default: none.'),
    private_key_env: EnvNameSchema.optional().describe('Environment variable with the private key itself. Default: none.'),
    passphrase_env: EnvNameSchema.optional().describe(
      'Environment variable with the passphrase of the private key. Default: the key has none.',
    ),
    host_key_sha256: z
      .string()
      .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'a fingerprint as `ssh-keygen -lf` prints it: SHA256: and 43 characters')
      .optional()
      .describe(
        'Fingerprint of the host key. Default: the key seen at the first connection is kept, and any other refused from then on; whoever is in between at that first time is not noticed.',
      ),
    root: z
      .string()
      .min(1)
      .max(500)
      .refine((root) => !root.includes('\0'), { error: 'a path without NUL' })
      .refine((root) => !root.startsWith('~'), { error: '"~" is not expanded; a relative path starts in the home folder anyway' })
      .transform((root) => root.replace(/(?<=.)\/+$/, ''))
      .default('homesec')
      .describe('Folder on the server; created if missing. A relative path starts in the home folder of the user. Default `homesec`.'),
    view_url_prefix: ViewUrlPrefixSchema.describe(
      'Web address under which you serve `root` yourself, for those who get alerts. Default: alerts carry no link.',
    ),
    connect_timeout_s: z
      .number()
      .positive()
      .max(300)
      .default(15)
      .describe('Seconds until an attempt to connect and log in is given up. Default 15.'),
  })
  .refine((config) => config.private_key_file === undefined || config.private_key_env === undefined, {
    message: 'give either private_key_file or private_key_env',
    path: ['private_key_env'],
  })
  .refine((config) => config.password_env !== undefined || hasKey(config), {
    message: 'say how to log in: password_env, private_key_file or private_key_env',
    path: ['password_env'],
  })
  .refine((config) => config.passphrase_env === undefined || hasKey(config), {
    message: 'belongs to a private key: give private_key_file or private_key_env too',
    path: ['passphrase_env'],
  })
export type SftpConfig = Readonly<z.output<typeof SftpConfigSchema>>

function hasKey(config: { readonly private_key_file?: string | undefined; readonly private_key_env?: string | undefined }): boolean {
  return config.private_key_file !== undefined || config.private_key_env !== undefined
}
