import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..', '..')
// Not what npm hands to scripts of this checkout: the installation below is somebody else's.
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV$|NODE_OPTIONS$|VITEST)/i.test(name)))

const PackSchema = z.array(z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })).length(1)

const linksIn = (text: string) =>
  [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link = '']) => link).filter((link) => !/^\w+:/.test(link))

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
  const code = paths.filter((path) => !path.endsWith('.md'))
  expect(code.filter((path) => /\.test\.|^(src|test|tools|bench)\/|testkit\/(?!simulated-camera\/)|(?<!\.d)\.ts$/.test(path))).toEqual([])
})

test('every link from one of its pages to another file leads to one that is in the package', async () => {
  const paths = packed?.files.map(({ path }) => path) ?? []
  const broken = await Promise.all(
    paths
      .filter((path) => path.endsWith('.md'))
      .map(async (page) =>
        linksIn(await readFile(join(ROOT, page), 'utf8'))
          .map((link) => posix.join(posix.dirname(page), link))
          .filter((target) => !paths.some((path) => path === target || path.startsWith(`${target}/`)))
          .map((target) => `${page}: ${target}`),
      ),
  )
  expect(broken.flat()).toEqual([])
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

test('a plugin package that the configuration names is loaded, checked and used like one of ours', async () => {
  const bell = join(folder, 'node_modules', 'homesec-notifier-bell')
  await mkdir(bell, { recursive: true })
  await writeFile(join(bell, 'package.json'), JSON.stringify({ name: 'homesec-notifier-bell', type: 'module', exports: './index.js' }))
  await writeFile(
    join(bell, 'index.js'),
    `import { definePlugin, ok } from 'homesec/plugin'
    import { z } from 'zod'
    export default definePlugin({
      kind: 'notifier', name: 'bell', config: z.strictObject({ rings: z.number().int().positive().default(1) }),
      create: async () => ({ send: async () => ok(), sendSystem: async () => ok(), ping: async () => ok(), [Symbol.asyncDispose]: async () => {} }),
    })`,
  )
  const configured = async (rings: number) => {
    const camera = { name: 'front_door', source: { backend: 'folder', config: { path: join(folder, 'in') } } }
    const notifiers = [{ backend: 'bell', config: { rings } }]
    const config = { version: 1, data_dir: './data', plugins: ['homesec-notifier-bell'], cameras: [camera], notifiers }
    await writeFile(join(folder, 'package-config.yaml'), JSON.stringify(config))
    return run('npx', ['--no-install', 'homesec', 'validate', '--config', 'package-config.yaml'], { cwd: folder, env })
  }
  expect((await configured(2)).stdout).toContain('to bell')
  await expect(configured(-1)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('notifiers[0].config.rings') as string })
})
