import { describe, expect, test } from 'vitest'
import { headerJson } from './header-json.ts'
import { pathOfKey, pathOfUri, rootProblem, templateProblem, viewUrl } from './paths.ts'

const DEFAULT = '{camera_name}/{filename}'
const pathOf = (key: string, root = '/homecam', path_template = DEFAULT) => pathOfKey(key, { root, path_template })

describe('the path of a key', () => {
  test.each([
    ['clips/front/front_1.mp4', '/homecam', DEFAULT, '/homecam/clips/front/front_1.mp4'],
    ['front/front_1.mp4', '/homecam', DEFAULT, '/homecam/front/front_1.mp4'],
    ['a.mp4', '/homecam', DEFAULT, '/homecam/a.mp4'],
    ['clips/front/front_1.mp4', '/', DEFAULT, '/clips/front/front_1.mp4'],
    ['clips/front/front_1.mp4', '/a/b/', DEFAULT, '/a/b/clips/front/front_1.mp4'],
    ['clips/front/front_1.mp4', '/x', 'cams/{camera_name}/videos/{filename}', '/x/clips/cams/front/videos/front_1.mp4'],
    ['clips/front/front_1.mp4', '/x', 'Camera {camera_name}/{filename}', '/x/clips/Camera front/front_1.mp4'],
    ['clips/$&/$1.mp4', '/x', DEFAULT, '/x/clips/$&/$1.mp4'],
    ['clips/{filename}/{camera_name}', '/x', DEFAULT, '/x/clips/{filename}/{camera_name}'],
  ])('%s below %s by %s is %s', (key, root, template, path) => {
    expect(pathOf(key, root, template)).toEqual({ ok: true, value: path })
  })

  test('no two keys share a path', () => {
    const names = ['a', 'b', 'cams', 'videos', 'a.mp4']
    const keys = names.flatMap((one) => [
      one,
      ...names.flatMap((two) => [`${one}/${two}`, ...names.map((three) => `${one}/${two}/${three}`)]),
    ])
    for (const template of [DEFAULT, 'cams/{camera_name}/videos/{filename}', '{filename}/{camera_name}', '{camera_name}/a/{filename}']) {
      expect(new Set(keys.map((key) => JSON.stringify(pathOf(key, '/x', template)))).size).toBe(keys.length)
    }
  })

  test.each(['../a', 'a//b', '/a', '', 'a/.homesec-x'])('the key %j is invalid', (key) => {
    expect(pathOf(key)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })
})

test.each([
  [DEFAULT, null],
  ['{filename}/{camera_name}', null],
  ['all/{camera_name}-x/{filename}', null],
  ['{camera_name}', 'once each'],
  ['{filename}', 'once each'],
  ['{camera_name}_{filename}', 'one placeholder'],
  ['{camera_name}/{camera_name}/{filename}', 'once each'],
  ['{camera_name}{camera_name}/{filename}', 'one placeholder'],
  ['{camera_name}/{date}/{filename}', 'the placeholders are'],
  ['../{camera_name}/{filename}', 'relative path'],
  ['/{camera_name}/{filename}', 'relative path'],
])('the template %s: %s', (template, problem) => {
  if (problem === null) expect(templateProblem(template)).toBeNull()
  else expect(templateProblem(template)).toContain(problem)
})

test.each(['/', '/homecam', '/a/b/', '/Übersicht'])('%s can be the root', (root) => expect(rootProblem(root)).toBeNull())
test.each(['', 'homecam', '/a//b', '/../b', '/a\\b'])('%j cannot be the root', (root) => expect(rootProblem(root)).not.toBeNull())

test.each(['dropbox:/a/../b', 'dropbox:a', 'dropbox:/', 'local:a', '', 'dropbox:/a\0'])('%j is no address of an object', (uri) => {
  expect(pathOfUri(uri)).toMatchObject({ ok: false, error: { kind: 'invalid' } })
})

test.each([
  ['https://x/', '/a/b.mp4', 'https://x/a/b.mp4'],
  [
    'https://www.dropbox.com/home/Apps/HomeSec',
    '/Übersicht/a b#1.mp4',
    'https://www.dropbox.com/home/Apps/HomeSec/%C3%9Cbersicht/a%20b%231.mp4',
  ],
])('a link with the prefix %s to %s', (prefix, path, url) => {
  expect(viewUrl(prefix, path)).toBe(url)
  expect(viewUrl(null, path)).toBeNull()
})

test('an argument in a header is ASCII, as in the example of the documentation', () => {
  expect(headerJson({ field: 'some_üñîcødé_and_\x7f' })).toBe('{"field":"some_\\u00fc\\u00f1\\u00eec\\u00f8d\\u00e9_and_\\u007f"}')
  expect(JSON.parse(headerJson({ path: '/猫 😊' }))).toEqual({ path: '/猫 😊' })
})
