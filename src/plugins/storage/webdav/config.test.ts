import { expect, test } from 'vitest'
import { built, configNames, testHost } from '../../../testkit/plugin-host.ts'
import { webdavStorage } from './plugin.ts'

const problemsOf = (config: object) => webdavStorage.problems(config, configNames())
const URL_HERE = 'https://cloud.example/remote.php/dav/files/cam'

test.each([
  [{ url: URL_HERE }],
  [{ url: 'http://nas.lan/dav' }],
  [{ url: 'http://192.168.1.9:8080/' }],
  [{ url: 'http://cloud.example/dav', allow_insecure: true }],
  [{ url: URL_HERE, username_env: 'U', password_env: 'P', root: '' }],
])('%j is a good config', (config) => {
  expect(problemsOf(config)).toEqual([])
})

test.each([
  [{}, 'url'],
  [{ url: 'ftp://nas.lan/' }, 'url'],
  [{ url: 'https://user:s3cret@cloud.example/' }, 'url'],
  [{ url: 'https://cloud.example/?a=b' }, 'url'],
  [{ url: 'http://cloud.example/dav' }, 'url'],
  [{ url: URL_HERE, username_env: 'U' }, 'password_env'],
  [{ url: URL_HERE, username_env: 'U', password_env: 'my s3cret' }, 'password_env'],
  [{ url: URL_HERE, root: 'a/../b' }, 'root'],
  [{ url: URL_HERE, view_url_prefix: 'https://user:s3cret@cloud.example/' }, 'view_url_prefix'],
  [{ url: URL_HERE, password: 's3cret' }, 'password'],
])('a mistake is told at its place, without what was written: %j', (config, path) => {
  const problems = problemsOf(config)
  expect(problems.map((problem) => problem.path.join('.'))).toEqual([path])
  expect(JSON.stringify(problems)).not.toContain('s3cret')
})

test('an address is the key and says nothing of the server, so that clips can move', async () => {
  const storage = await built(webdavStorage, { url: URL_HERE, view_url_prefix: 'https://cams.example/' }, testHost())
  expect(storage.locate('front/a b.mp4')).toEqual({ ok: true, value: 'webdav:front/a b.mp4' })
})
