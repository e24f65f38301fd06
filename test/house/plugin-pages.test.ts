import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { PLUGIN_KINDS, type PluginKind } from '../../src/contracts/plugin.ts'
import { builtinPlugins } from '../../src/plugins/builtin.ts'
import { schemaKeys, settingsRow } from './config-keys.ts'
import { load } from './load-config.ts'
import { FOLDER_OF_KIND, read } from './repository.ts'

/** The page for owners that each kind has; a plugin's README has ten lines and leads there. */
const PAGE_OF_KIND = {
  source: 'docs/sources.md',
  storage: 'docs/storage.md',
  filter: 'docs/filters.md',
  analyzer: 'docs/analyzers.md',
  alert_policy: 'docs/alerts.md',
  notifier: 'docs/notifiers.md',
} as const satisfies Record<PluginKind, string>

/** What an example of one part leaves out. */
const REST = {
  version: 1,
  cameras: ['front_door', 'driveway', 'garage'].map((name) => ({ name, source: { backend: 'folder', config: { path: `/v/${name}` } } })),
  vlm: { backend: 'mock' },
}

function examplesOf(page: string): string[] {
  return [...read(page).matchAll(/^ *```yaml\n([\s\S]*?)^ *```/gm)].map(([, code = '']) => code)
}

/** The rows of all tables of settings in the section about one plugin. */
function settingsIn(page: string, name: string): string[] {
  const section =
    read(page)
      .split(/^## /m)
      .find((text) => text.startsWith(`${name}\n`)) ?? ''
  return [...section.matchAll(/^\| key \| default \| meaning \|\n\|---\|---\|---\|\n((?:\|.*\n)*)/gm)].flatMap(([, rows = '']) =>
    rows.trimEnd().split('\n'),
  )
}

const plugins = PLUGIN_KINDS.flatMap((kind) => builtinPlugins[kind].map((plugin) => ({ kind, name: plugin.name, plugin })))

describe.each(plugins)('$kind $name', ({ kind, name, plugin }) => {
  const page = PAGE_OF_KIND[kind]
  const readme = `src/plugins/${FOLDER_OF_KIND[kind]}/${name}/README.md`

  test('its README is short: what it is, an example, what to know, where the rest stands', async () => {
    const lines = read(readme).trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(12)
    expect(lines.filter((line) => line.length > 160)).toEqual([])
    expect(read(readme)).toContain(`](../../../../${page}#${name})`)
    const [example = '', ...others] = examplesOf(readme)
    expect(others).toEqual([])
    const { config } = await load(stringify({ ...REST, ...(parse(example) as object) }))
    const used = [...config.cameras.map(({ source }) => source), config.storage, config.filter, config.vlm, config.alert_policy]
    expect([...used, ...config.notifiers].map(({ backend }) => backend)).toContain(name)
  })

  test('its page lists every setting, with its default and its meaning, and none that is gone', () => {
    const schemas = plugin.shared === null ? [plugin.config] : [plugin.config, plugin.shared]
    expect(settingsIn(page, name)).toEqual(schemas.flatMap(schemaKeys).map(settingsRow))
  })
})

const OTHER_PAGES = ['README.md', 'docs/configuration.md', 'docs/operations.md', 'docs/home-assistant.md']

test.each([...Object.values(PAGE_OF_KIND), ...OTHER_PAGES])('every example of %s is a configuration that loads', async (page) => {
  for (const example of examplesOf(page)) {
    const { warnings } = await load(stringify({ ...REST, ...(parse(example) as object) }))
    expect({ example, warnings }).toEqual({ example, warnings: [] })
  }
})
