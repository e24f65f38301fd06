import { z } from 'zod'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { isPrivateHost } from '../../../lib/private-host.ts'
import { hasCredentials, ViewUrlPrefixSchema } from '../../../lib/remote-storage/address.ts'

export const WebdavConfigSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'a web address, beginning with https:// or http://' })
      .refine((url) => !hasCredentials(url), {
        error: 'no user or password in the address, where they end up in logs; use username_env and password_env',
      })
      .refine((url) => !/[?#]/.test(url), { error: 'the address of a folder, without "?" or "#"' })
      .describe('Folder on the server that exists already. Nextcloud: `https://HOST/remote.php/dav/files/USER`.'),
    username_env: EnvNameSchema.optional().describe('Environment variable with the user name. Default: no login.'),
    password_env: EnvNameSchema.optional().describe(
      'Environment variable with the password; for Nextcloud an app password. Goes with `username_env`.',
    ),
    root: z
      .string()
      .max(200)
      .regex(/^[^\\\0]*$/, 'a path with "/" and without NUL')
      .refine(
        (root) =>
          !trimmed(root)
            .split('/')
            .some((segment) => segment === '.' || segment === '..'),
        { error: 'a path without "." and ".."' },
      )
      .transform(trimmed)
      .default('homesec')
      .describe('Folder below `url` for everything that is stored; created if missing. Default `homesec`; empty: `url` itself.'),
    view_url_prefix: ViewUrlPrefixSchema.describe(
      'Web address under which you serve `root` yourself, for those who get alerts. Default: alerts carry no link.',
    ),
    allow_insecure: z
      .boolean()
      .default(false)
      .describe('Default false: http:// only to hosts at home. True sends password and clips readable to any host.'),
    verify_tls: z
      .boolean()
      .default(true)
      .describe("Check the server's certificate. Default true; false accepts anyone who answers, who then learns the password."),
    ca_file: z
      .string()
      .min(1)
      .optional()
      .describe('Certificate that vouches for the server, PEM, such as the own one of a NAS. Default: those that Node trusts.'),
    idle_timeout_s: z
      .number()
      .positive()
      .max(3600)
      .default(60)
      .describe(
        'Seconds without a byte until a request is given up and tried again later. Default 60; less breaks servers that check uploads slowly.',
      ),
  })
  .refine((config) => (config.username_env === undefined) === (config.password_env === undefined), {
    message: 'username_env and password_env belong together: give both or neither',
    path: ['password_env'],
  })
  .refine((config) => config.allow_insecure || !isReadableByOthers(config.url), {
    message: 'http:// sends password and clips readable over the internet: use https://, or say allow_insecure: true',
    path: ['url'],
  })
export type WebdavConfig = Readonly<z.output<typeof WebdavConfigSchema>>

function trimmed(path: string): string {
  return path
    .split('/')
    .filter((segment) => segment !== '')
    .join('/')
}

function isReadableByOthers(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isPrivateHost(hostname)
}
