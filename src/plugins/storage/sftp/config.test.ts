import { expect, test } from 'vitest'
import { configNames, testHost } from '../../../testkit/plugin-host.ts'
import { sftpStorage } from './plugin.ts'

const problemsOf = (config: object) => sftpStorage.problems(config, configNames())
const LOGIN = { host: 'nas.lan', username: 'cam', password_env: 'P' }

test.each([
  [LOGIN],
  [{ host: '192.168.1.9', port: 2222, username: 'cam', private_key_file: '/etc/homesec/key', passphrase_env: 'P', root: '/backup/' }],
  [{ ...LOGIN, host_key_sha256: `SHA256:${'A'.repeat(43)}` }],
])('%j is a good config', (config) => {
  expect(problemsOf(config)).toEqual([])
})

test.each([
  [{ username: 'cam', password_env: 'P' }, 'host'],
  [{ ...LOGIN, host: 'sftp://user:s3cret@nas.lan' }, 'host'],
  [{ host: 'nas.lan', username: 'cam' }, 'password_env'],
  [{ ...LOGIN, password_env: 'my s3cret' }, 'password_env'],
  [{ ...LOGIN, private_key_file: '/k', private_key_env: 'K' }, 'private_key_env'],
  [{ ...LOGIN, passphrase_env: 'PP' }, 'passphrase_env'],
  [{ ...LOGIN, host_key_sha256: '16:27:ac' }, 'host_key_sha256'],
  [{ ...LOGIN, root: '~/clips' }, 'root'],
  [{ ...LOGIN, password: 's3cret' }, 'password'],
  [{ ...LOGIN, view_url_prefix: 'https://user:s3cret@nas.lan/' }, 'view_url_prefix'],
  [{ ...LOGIN, view_url_prefix: 'https://nas.lan/?token=s3cret' }, 'view_url_prefix'],
  [{ ...LOGIN, view_url_prefix: 'https://nas.lan/#s3cret' }, 'view_url_prefix'],
])('a mistake is told at its place, without what was written: %j', (config, path) => {
  const problems = problemsOf(config)
  expect(problems.map((problem) => problem.path.join('.'))).toEqual([path])
  expect(JSON.stringify(problems)).not.toContain('s3cret')
})

test('an address is the key and says nothing of the server, so that clips can move', async () => {
  const loaded = await sftpStorage.load(LOGIN, testHost())
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  expect(loaded.value.locate('front/a.mp4')).toEqual({ ok: true, value: 'sftp:front/a.mp4' })
})
