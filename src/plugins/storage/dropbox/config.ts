import { z } from 'zod'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { LinkPrefixSchema } from '../../../lib/remote-storage/address.ts'
import { rootProblem, templateProblem } from './paths.ts'

const envName = EnvNameSchema.nullable().default(null)

/** A text that `problemOf` has nothing against. */
const checked = (problemOf: (value: string) => string | null) =>
  z.string().superRefine((value, context) => {
    const message = problemOf(value)
    if (message !== null) context.addIssue({ code: 'custom', message })
  })

export const DropboxConfigSchema = z
  .strictObject({
    root: checked(rootProblem)
      .default('/homesec')
      .describe(
        'Folder in your Dropbox; created with the first clip. For an app with "App folder" access it lies inside that folder. Default `/homesec`.',
      ),
    path_template: checked(templateProblem)
      .default('{camera_name}/{filename}')
      .describe(
        'How the folder of the camera and the name of the file are laid out below `storage.paths`. Default: one folder per camera. ' +
          'Files that are stored already stay where they are.',
      ),
    token_env: envName.describe(
      'Environment variable with an access token. Those made today work for four hours; prefer `refresh_token_env`. Default none.',
    ),
    refresh_token_env: envName.describe('Environment variable with a refresh token, which does not expire. Default none.'),
    app_key_env: envName.describe('Environment variable with the key of your app; needed with `refresh_token_env`. Default none.'),
    app_secret_env: envName.describe(
      'Environment variable with the secret of your app. Default none, which fits a refresh token that was made with PKCE.',
    ),
    web_url_prefix: LinkPrefixSchema.nullable()
      .default('https://www.dropbox.com/home')
      .describe(
        'What stands before the path in links. Default fits apps with access to the whole Dropbox; with "App folder" access it is ' +
          '`https://www.dropbox.com/home/Apps/<name of the app>`. null: alerts carry no link.',
      ),
  })
  .superRefine((config, context) => {
    const complain = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
    const { token_env: token, refresh_token_env: refresh, app_key_env: appKey, app_secret_env: appSecret } = config
    if (token === null && refresh === null) complain('refresh_token_env', 'give refresh_token_env with app_key_env, or token_env')
    if (token !== null && refresh !== null) complain('token_env', 'give either token_env or refresh_token_env, not both')
    if (refresh !== null && appKey === null) complain('app_key_env', 'needed with refresh_token_env: the key of the app it belongs to')
    if (refresh === null && (appKey ?? appSecret) !== null) complain('refresh_token_env', 'app_key_env and app_secret_env need it')
  })

export type DropboxConfig = Readonly<z.output<typeof DropboxConfigSchema>>
