import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..', '..')
// Not what npm hands to scripts of this checkout: the installation below is somebody else's.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV$|NODE_OPTIONS$|VITEST)/i.test(name)))

const PackSchema = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })).length(1)

let folder = ''
let packed: z.infer<typeof PackSchema>[number] | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-pack-'))
  // The repository's .npmrc turns scripts off, and `prepack` is the one that builds.
  const pack = await run('npm', ['pack', '--json', '--ignore-scripts=false', '--foreground-scripts=false', '--pack-destination', folder], {
    cwd: ROOT,
    env,
  })
  packed = PackSchema.parse(JSON.parse(pack.stdout))[0]
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'a-household', private: true, type: 'module' }))
  const tarball = join(folder, packed?.filename ?? '')
  const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', tarball]
  await run('npm', install, { cwd: folder, env, timeout: 240_000 })
}, 300_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

test('the package has what it needs to run, and no tests, sources or tools', () => {
  const paths = packed?.files.map(({ path }) => path) ?? []
  expect(paths).toEqual(expect.arrayContaining(['dist/main.js', 'config/example.yaml', 'README.md', 'LICENSE', 'CHANGELOG.md']))
  expect(paths.filter((path) => path.endsWith('.sql'))).not.toEqual([])
  expect(paths.filter((path) => /\.test\.|^(src|test|tools|bench)\/|testkit|(?<!\.d)\.ts$/.test(path))).toEqual([])
})

test('the installed program knows its version', async () => {
  const { stdout } = await run('npx', ['--no-install', 'homesec', '--version'], { cwd: folder, env })
  expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+/)
})

test('an installation in an empty folder runs the demo to its first alert', { timeout: 150_000 }, async () => {
  const demo = await run('npx', ['--no-install', 'homesec', 'demo', '--once'], { cwd: folder, env, timeout: 120_000 })
  expect(demo.stdout + demo.stderr).toMatch(/person/)
  expect((await readdir(folder)).filter((name) => !/^(node_modules|package(-lock)?\.json|homesec-.*)$/.test(name))).toEqual([])
})

test('a plugin of somebody else imports the plugin SDK from the installed package', async () => {
  const plugin = `
    import { definePlugin, ok, err, pluginError, PLUGIN_KINDS } from 'homesec/plugin'
    console.log(typeof definePlugin, ok(1).ok, err(pluginError('bug', 'x')).ok, PLUGIN_KINDS.length)`
  await writeFile(join(folder, 'a-plugin.js'), plugin)
  const { stdout } = await run(process.execPath, ['a-plugin.js'], { cwd: folder, env })
  await rm(join(folder, 'a-plugin.js'))
  expect(stdout.trim()).toBe('function true false 6')
})
