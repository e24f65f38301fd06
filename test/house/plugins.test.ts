import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PLUGIN_KINDS } from '../../src/contracts/plugin.ts'
import { builtinPlugins } from '../../src/plugins/builtin.ts'
import { FOLDER_OF_KIND, read, ROOT } from './repository.ts'

const PLUGINS = join(ROOT, 'src', 'plugins')

const foldersIn = (path: string) => readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))

const onDisk = foldersIn(PLUGINS).flatMap((kind) => foldersIn(join(PLUGINS, kind)).map((name) => `${kind}/${name}`))
const inCatalog = PLUGIN_KINDS.flatMap((kind) => builtinPlugins[kind].map((plugin) => `${FOLDER_OF_KIND[kind]}/${plugin.name}`))

test('the catalog lists the plugin of each folder, under the name of the folder', () => {
  expect(inCatalog.toSorted()).toEqual(onDisk.toSorted())
})

describe.each(onDisk)('%s', (plugin) => {
  const folder = join(PLUGINS, plugin)
  const name = plugin.split('/')[1] ?? ''

  test('has its plugin.ts, a README and a test', () => {
    expect(['plugin.ts', 'README.md'].filter((file) => !existsSync(join(folder, file)))).toEqual([])
    expect(readdirSync(folder).filter((file) => file.endsWith('.test.ts'))).not.toEqual([])
  })

  test('stands in the example configuration', () => {
    expect(read('config/example.yaml')).toMatch(new RegExp(`\\b${name}\\b`))
  })

  test('is linked from the README and from the guide for plugin authors', () => {
    expect(read('README.md')).toContain(`](src/plugins/${plugin}/README.md)`)
    expect(read('docs/writing-a-plugin.md')).toContain(`](../src/plugins/${plugin}/README.md)`)
  })
})
