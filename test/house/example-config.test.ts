import { describe, expect, test } from 'vitest'
import { builtinPlugins } from '../../src/plugins/builtin.ts'
import { configKeys, schemaKeys } from './config-keys.ts'
import { load } from './load-config.ts'
import { read } from './repository.ts'

const EXAMPLE = read('config/example.yaml')
/** With every setting switched on that is off: `#key` and `#  key`, while `# text` stays. */
const ALL_ON = EXAMPLE.replace(/^( *)#(?=\S|  )/gm, '$1')

describe('config/example.yaml', () => {
  test('loads with the real schemas, without a warning', async () => {
    expect((await load(EXAMPLE)).warnings).toEqual([])
  })

  test('loads with everything switched on', async () => {
    const { config } = await load(ALL_ON)
    const ftp = builtinPlugins.source.find(({ name }) => name === 'ftp')?.shared
    expect(ftp?.parse(config.sources['ftp'])).toEqual(ftp?.parse({}))
    expect(config.cameras.map(({ name }) => name)).toEqual(['front_door', 'driveway'])
    expect(config.notifiers.map(({ name }) => name).sort()).toEqual(['console', 'email', 'mqtt', 'ntfy', 'pushover', 'telegram', 'webhook'])
    expect(config.vlm.daily_budget).not.toBeNull()
  })

  test('states the defaults: without it, only the cameras would differ', async () => {
    const { config } = await load(EXAMPLE)
    const bare = await load('version: 1\ncameras: [{ name: yard, source: { backend: folder, config: { path: /v } } }]\n')
    const opaque = { cameras: [], alert_policy: {} }
    expect({ ...config, ...opaque }).toEqual({ ...bare.config, ...opaque })
  })

  test('mentions every key', () => {
    const mentioned = new Set([...ALL_ON.matchAll(/^[ -]*([a-z_]+):/gm)].map(([, key]) => key))
    expect(
      configKeys()
        .filter(({ name }) => !mentioned.has(name))
        .map(({ path }) => path),
    ).toEqual([])
  })

  test('shows each source with its defaults', async () => {
    const { config } = await load(EXAMPLE)
    const required = ['rtsp_url_env', 'path']
    for (const { source } of config.cameras) {
      const schema = builtinPlugins.source.find(({ name }) => name === source.backend)?.config
      const bare = Object.fromEntries(Object.entries(source.config).filter(([key]) => required.includes(key)))
      expect(schema?.parse(source.config)).toEqual(schema?.parse(bare))
    }
  })

  test('mentions every key of the sources and of the policy that it shows', () => {
    const shown = [...builtinPlugins.source, ...builtinPlugins.alert_policy].filter(({ name }) =>
      ['rtsp', 'folder', 'default'].includes(name),
    )
    const keys = shown.flatMap(({ config }) => schemaKeys(config)).map(({ name }) => name)
    expect(keys.length).toBeGreaterThan(40)
    expect(keys.filter((key) => !EXAMPLE.includes(` ${key}:`))).toEqual([])
  })
})

test('a file in the old form loads as it stands', async () => {
  const { config, warnings } = await load(read('test/fixtures/old-form.yaml'))
  expect(config.notifiers).toMatchObject([{ name: 'mqtt', backend: 'mqtt', config: { host: 'localhost', port: 1883 } }])
  expect(warnings).toHaveLength(2)
})

describe('docs/configuration.md', () => {
  const rows = read('docs/configuration.md').replace(/ +/g, ' ')

  test('has a row for every key, with its default and its meaning', () => {
    const wanted = configKeys().map(({ path, default: value, description }) =>
      `| \`${path}\` | ${value} | ${description} |`.replace(/ +/g, ' '),
    )
    expect(wanted.filter((row) => !rows.includes(row))).toEqual([])
  })

  test('has no row for a key that is gone', () => {
    const known = new Set(configKeys().map(({ path }) => path))
    const listed = [...rows.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path ?? '')
    expect(listed.filter((path) => !known.has(path))).toEqual([])
  })
})
