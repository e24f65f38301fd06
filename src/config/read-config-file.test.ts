import { describe, expect, test } from 'vitest'
import type { ConfigReport } from './problem.ts'
import { readConfigFile } from './read-config-file.ts'

const MINIMAL = 'version: 1\ncameras: [{ name: yard, source: { backend: folder, config: { path: /v } } }]\n'

async function refused(text: string | Uint8Array): Promise<ConfigReport> {
  const result = await readConfigFile('config.yaml', async () => Buffer.from(text))
  if (result.ok) throw new Error('this file should not be read')
  return result.error
}

test('the plugins it names are known before the rest is checked, and nothing where the list is wrong', async () => {
  const plugins = async (text: string) => {
    const result = await readConfigFile('config.yaml', async () => Buffer.from(text))
    return result.ok ? result.value.plugins : null
  }
  expect(await plugins(MINIMAL + 'plugins: [homesec-s3, "@me/homesec-x", ./local/plugin.js]\n')).toHaveLength(3)
  expect(await plugins(MINIMAL + 'plugins: [homesec-s3, "rm -rf"]\n')).toEqual([])
  expect(await plugins(MINIMAL)).toEqual([])
})

describe('a file that is no configuration', () => {
  test.each([
    ['empty', '', 'file_empty'],
    ['a comment', '# nothing\n', 'file_empty'],
    ['a list', '- a\n', 'not_a_mapping'],
    ['a word', 'hello', 'not_a_mapping'],
    ['a duplicate key', MINIMAL + 'log: {}\nlog: {}\n', 'yaml_invalid'],
    ['a duplicate key deep inside', MINIMAL + 'log: { level: info, level: warn }\n', 'yaml_invalid'],
    ['__proto__', MINIMAL + 'storage: { config: { __proto__: { a: 1 } } }\n', 'yaml_invalid'],
    ['constructor', MINIMAL + 'constructor: 1\n', 'yaml_invalid'],
    ['a custom tag', MINIMAL + 'log: !!js/function "x"\n', 'yaml_invalid'],
    ['a local tag', MINIMAL + 'log: !include other.yaml\n', 'yaml_invalid'],
    ['two documents', MINIMAL + '---\n' + MINIMAL, 'yaml_invalid'],
    ['a tab', 'version: 1\ncameras:\n\t- name: yard\n', 'yaml_invalid'],
    ['a key that is a list', MINIMAL + '? [a, b]\n: 1\n', 'yaml_invalid'],
    ['an alias to itself', MINIMAL + 'storage: &a { config: { b: *a } }\n', 'yaml_invalid'],
    ['an alias to nothing', MINIMAL + 'storage: *a\n', 'yaml_invalid'],
    ['great depth', 'a: ' + '['.repeat(100_000), 'yaml_invalid'],
    ['depth that would parse', MINIMAL + 'a: ' + '['.repeat(200) + ']'.repeat(200), 'yaml_invalid'],
    ['too large', MINIMAL + '#'.repeat(1_000_000), 'file_too_large'],
    ['not UTF-8', Buffer.from(MINIMAL, 'utf16le'), 'yaml_invalid'],
  ])('is refused: %s', async (_, text, code) => {
    expect((await refused(text)).problems[0]?.code).toBe(code)
    expect(Object.prototype).not.toHaveProperty('a')
  })

  test('is refused: an alias bomb', async () => {
    const bomb = Array.from(
      { length: 20 },
      (_, i) =>
        `k${i}: &k${i} [${
          i === 0
            ? 'x'
            : Array(9)
                .fill(`*k${i - 1}`)
                .join(', ')
        }]`,
    ).join('\n')
    expect((await refused(bomb)).problems[0]).toMatchObject({ code: 'yaml_invalid', message: expect.stringContaining('aliases') as string })
  })

  test('says where, in line and column', async () => {
    const { problems } = await refused('version: 1\nlog:\n  level: info\n  level: warn\n')
    expect(problems[0]).toMatchObject({ line: 4, column: 3 })
  })

  test.each([
    ['ENOENT', 'file_missing'],
    ['EACCES', 'file_unreadable'],
    ['EISDIR', 'file_unreadable'],
  ])('that cannot be read (%s) is explained', async (code, expected) => {
    const readFile = () => Promise.reject(Object.assign(new Error('no'), { code }))
    const result = await readConfigFile('config.yaml', readFile)
    expect(result).toMatchObject({ ok: false, error: { problems: [{ code: expected }] } })
  })

  test('that is a device without end is not read to its end', async () => {
    const result = await readConfigFile('/dev/zero')
    expect(result).toMatchObject({ ok: false, error: { problems: [{ code: 'file_too_large' }] } })
  })
})
