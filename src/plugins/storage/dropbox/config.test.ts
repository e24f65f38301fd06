import { expect, test } from 'vitest'
import { loadConfig } from '../../../config/load.ts'
import { builtinPlugins } from '../../builtin.ts'
import { configNames } from '../../../testkit/plugin-host.ts'
import { dropboxStorage } from './plugin.ts'

const SKETCH = {
  root: '/homecam',
  path_template: '{camera_name}/{filename}',
  token_env: 'DROPBOX_TOKEN',
  web_url_prefix: 'https://www.dropbox.com/home',
}
const REFRESH = { refresh_token_env: 'REFRESH', app_key_env: 'KEY' }
const messages = (config: object) =>
  dropboxStorage.problems(config, configNames()).map(({ path, message }) => `${path.join('.')}: ${message}`)

test.each([
  SKETCH,
  { token_env: 'DROPBOX_TOKEN' },
  REFRESH,
  { ...REFRESH, app_secret_env: 'SECRET' },
  { ...REFRESH, web_url_prefix: null },
])('%j is good', (config) => expect(messages(config)).toEqual([]))

test.each<[object, string]>([
  [{}, 'refresh_token_env: give'],
  [{ ...SKETCH, ...REFRESH }, 'token_env: give either'],
  [{ refresh_token_env: 'REFRESH' }, 'app_key_env: needed'],
  [{ token_env: 'TOKEN', app_key_env: 'KEY' }, 'refresh_token_env: app_key_env'],
  [{ token_env: 'sl.the-token-itself' }, 'token_env: the name of'],
  [{ ...SKETCH, root: 'homecam' }, 'root: begin with'],
  [{ ...SKETCH, path_template: '{filename}' }, 'path_template: use'],
  [{ ...SKETCH, web_url_prefix: 'https://me:secret@host/' }, 'web_url_prefix: no user'],
  [{ ...SKETCH, api_url: 'https://elsewhere' }, 'api_url: unknown key'],
])('%j is not: %s', (config, problem) => {
  expect(messages(config).filter((message) => message.startsWith(problem))).toHaveLength(1)
})

test('a whole file that stores in Dropbox loads, once the variable it names is set', async () => {
  const text = `version: 1
cameras: [{ name: front, source: { backend: ftp } }]
storage:
  backend: dropbox
  config:
    root: "/homecam"
    path_template: "{camera_name}/{filename}"
    token_env: "DROPBOX_TOKEN"
    web_url_prefix: "https://www.dropbox.com/home"
  paths:
    clips_dir: "clips"
    backups_dir: "backups"
    artifacts_dir: "artifacts"
`
  const load = (env: Record<string, string>) =>
    loadConfig('/etc/homesec/config.yaml', { catalog: builtinPlugins, env, readFile: async () => Buffer.from(text) })
  expect(await load({ DROPBOX_TOKEN: 'sl.u.x' })).toMatchObject({ ok: true, value: { config: { storage: { config: SKETCH } } } })
  expect(JSON.stringify(await load({}))).toContain('DROPBOX_TOKEN')
})
