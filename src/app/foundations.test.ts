import { closeSync, mkdirSync, openSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { definePlugin, type PluginCatalog } from '../contracts/plugin.ts'
import { withLogContext } from '../lib/log-context.ts'
import { createRedactor } from '../lib/redact.ts'
import { FakeClock } from '../testkit/fake-clock.ts'
import { testHost } from '../testkit/plugin-host.ts'
import { z } from 'zod'
import { apiKey } from './api-key.ts'
import { lockDataDir } from './data-lock.ts'
import { addThirdPartyPlugins, loadPlugin } from './load-plugins.ts'
import { createLogger, type LogLine } from './logger.ts'

const NOW = new Date('2026-01-01T00:00:00Z')
const CANARY = 'canary-8f3a-secret'
let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homesec-app-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('the lock on the data folder', () => {
  const stale = (changes: object = {}) =>
    writeFile(
      join(root, 'homesec.lock'),
      JSON.stringify({ pid: 2 ** 22 + 7, process_start: null, host: hostname(), since: NOW.toISOString(), token: 'old', ...changes }),
    )

  test('the second one is refused, and told who the first is', async () => {
    const first = await lockDataDir(root, new FakeClock())
    expect(first.ok).toBe(true)
    const second = await lockDataDir(root, new FakeClock())
    expect(second).toMatchObject({
      ok: false,
      error: { kind: 'rejected', message: expect.stringContaining(String(process.pid)) as string },
    })
    if (first.ok) await first.value[Symbol.asyncDispose]()
    expect(await lockDataDir(root, new FakeClock())).toMatchObject({ ok: true })
    expect(await readdir(root)).toEqual(['homesec.lock'])
  })

  test.each([
    ['whose process is gone', {}],
    ['whose number another process has now', { pid: process.pid, process_start: 'boot:1' }],
  ])('a lock %s is taken over', async (_what, holder) => {
    await stale(holder)
    expect(await lockDataDir(root, new FakeClock())).toMatchObject({ ok: true })
  })

  test('a damaged lock is taken over', async () => {
    await writeFile(join(root, 'homesec.lock'), '{')
    expect(await lockDataDir(root, new FakeClock())).toMatchObject({ ok: true })
  })

  test('a lock of another machine is believed, and the owner is told what to delete if it is gone', async () => {
    await stale({ host: 'another' })
    expect(await lockDataDir(root, new FakeClock())).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining(join(root, 'homesec.lock')) as string },
    })
  })

  test.each([
    [2, false],
    [4, true],
  ])('a lock of another machine that nobody touched for %d minutes is taken over: %s', async (minutes, taken) => {
    const clock = new FakeClock()
    await stale({ host: 'another' })
    const touched = new Date(clock.now().getTime() - minutes * 60_000)
    await utimes(join(root, 'homesec.lock'), touched, touched)
    expect((await lockDataDir(root, clock)).ok).toBe(taken)
  })

  test('a living holder keeps touching its lock, but never one that is another’s by now', async () => {
    const clock = new FakeClock()
    const lock = await lockDataDir(root, clock)
    const path = join(root, 'homesec.lock')
    const touchedAt = async () => (await stat(path)).mtime
    await clock.advance(30_000)
    await expect.poll(touchedAt).toEqual(clock.now())
    await stale({ host: 'another' })
    const theirs = await touchedAt()
    await clock.advance(30_000)
    if (lock.ok) await lock.value[Symbol.asyncDispose]()
    expect(await touchedAt()).toEqual(theirs)
  })

  test('of many that find the same stale lock exactly one takes it over', async () => {
    for (let round = 0; round < 10; round += 1) {
      await stale()
      const locks = await Promise.all(Array.from({ length: 6 }, () => lockDataDir(root, new FakeClock())))
      const held = locks.filter(({ ok }) => ok)
      expect(held).toHaveLength(1)
      for (const lock of held) if (lock.ok) await lock.value[Symbol.asyncDispose]()
    }
  })

  test('a data folder that cannot be made is explained', async () => {
    await writeFile(join(root, 'file'), '')
    expect(await lockDataDir(join(root, 'file', 'data'), new FakeClock())).toMatchObject({ ok: false, error: { kind: 'rejected' } })
  })
})

describe('the log', () => {
  function logTo(path: string) {
    const lines: LogLine[] = []
    const destination = openSync(path, 'a')
    const options = {
      level: 'info',
      format: 'json',
      redact: createRedactor([CANARY]),
      tee: (line: LogLine) => void lines.push(line),
    } as const
    return { log: createLogger({ ...options, destination }), lines, close: () => closeSync(destination) }
  }

  test('holds no secret, wherever it was, and knows the clip', async () => {
    const path = join(root, 'log')
    const { log, lines, close } = logTo(path)
    const cause = new Error(`failed at https://user:${CANARY}@host`, { cause: new Error(CANARY) })
    withLogContext({ clip_id: 'a.mp4', camera_name: 'door' }, () =>
      log.error(
        { event_type: 'x', nested: { list: [CANARY], [CANARY]: 1 }, url: new URL(`http://h/?token=${CANARY}`), cause },
        `no ${CANARY}`,
      ),
    )
    log.debug({}, 'below the level')
    close()
    const text = await readFile(path, 'utf8')
    expect(text + JSON.stringify(lines)).not.toContain(CANARY)
    expect(JSON.parse(text)).toMatchObject({ level: 'error', clip_id: 'a.mp4', camera_name: 'door', event_type: 'x' })
    expect(lines).toHaveLength(1)
  })

  test.each(['json', 'pretty'] as const)('a full disk under the %s log stops nobody from working', (format) => {
    const destination = openSync('/dev/full', 'w')
    const log = createLogger({ level: 'info', format, redact: (text) => text, destination })
    for (let nth = 0; nth < 3; nth += 1) log.error({ event_type: 'x' }, 'does not fit')
    closeSync(destination)
  })
})

describe('plugins of others', () => {
  const EMPTY: PluginCatalog = { source: [], storage: [], filter: [], analyzer: [], alert_policy: [], notifier: [] }
  const CODE = `export default { contract: 1, kind: 'alert_policy', name: 'theirs', config: { safeParse() {} }, problems: () => [], load: async () => ({ ok: true, value: 1 }) }`

  async function install(name: string, manifest: object, code: string): Promise<void> {
    const folder = join(root, 'node_modules', name)
    mkdirSync(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, type: 'module', ...manifest }))
    await writeFile(join(folder, 'index.js'), code)
  }
  const add = (name: string) => addThirdPartyPlugins(EMPTY, [name], join(root, 'homesec.yaml'))

  test.each([
    ['main', { main: './index.js' }],
    ['exports', { exports: './index.js' }],
    ['exports for import only', { exports: { '.': { types: './index.d.ts', import: './index.js' } } }],
  ])('a package with %s beside the config file is found', async (_what, manifest) => {
    await install('homesec-theirs', manifest, CODE)
    expect(await add('homesec-theirs')).toMatchObject({ problems: [], catalog: { alert_policy: [{ name: 'theirs' }] } })
  })

  test('a file beside the config file is found', async () => {
    await writeFile(join(root, 'mine.mjs'), CODE)
    expect(await add('./mine.mjs')).toMatchObject({ problems: [], catalog: { alert_policy: [{ name: 'theirs' }] } })
  })

  test.each([
    ['is not installed', '', /cannot be loaded/],
    ['throws', 'throw new Error("boom")', /boom/],
    ['exports something else', 'export default { name: "x" }', /no plugin/],
  ])('a package that %s is explained', async (_what, code, message) => {
    if (code !== '') await install('homesec-broken', { main: './index.js' }, code)
    const { catalog, problems } = await add('homesec-broken')
    expect(catalog).toEqual(EMPTY)
    expect(problems).toMatchObject([{ path: ['plugins', 0], message: expect.stringMatching(message) as string }])
    expect(problems[0]?.message).not.toMatch(/\n|Require stack|load-plugins/)
  })

  test('one that cannot be loaded keeps no other out', async () => {
    await install('homesec-theirs', { main: './index.js' }, CODE)
    const names = ['homesec-gone', './gone.mjs', 'homesec-theirs']
    const { catalog, problems } = await addThirdPartyPlugins(EMPTY, names, join(root, 'homesec.yaml'))
    expect(problems.map(({ path }) => path)).toEqual([
      ['plugins', 0],
      ['plugins', 1],
    ])
    expect(problems.map(({ message }) => message).join()).not.toMatch(/load-plugins/)
    expect(catalog).toMatchObject({ alert_policy: [{ name: 'theirs' }] })
  })

  test('a name that is taken is refused', async () => {
    await install('homesec-theirs', { main: './index.js' }, CODE)
    const twice = await addThirdPartyPlugins(EMPTY, ['homesec-theirs', 'homesec-theirs'], join(root, 'homesec.yaml'))
    expect(twice.problems).toMatchObject([{ code: 'duplicate_name', path: ['plugins', 1] }])
    expect(twice.catalog.alert_policy).toHaveLength(1)
  })

  test('one that throws while it is built is explained', async () => {
    const plugin = definePlugin({
      kind: 'alert_policy',
      name: 'bad',
      config: z.strictObject({}),
      create: () => Promise.reject(new Error('boom')),
    })
    const loaded = await loadPlugin({ ...EMPTY, alert_policy: [plugin] }, 'alert_policy', { backend: 'bad', config: {} }, testHost())
    expect(loaded).toEqual({ ok: false, error: 'alert_policy bad: plugin "bad" could not be built: boom' })
    const foreign = { ...plugin, load: () => Promise.reject(new Error('boom')) }
    expect(
      await loadPlugin({ ...EMPTY, alert_policy: [foreign] }, 'alert_policy', { backend: 'bad', config: {} }, testHost()),
    ).toMatchObject({
      ok: false,
    })
  })
})

test('the key of the API comes from its variable, else is made once for the owner alone', async () => {
  expect(await apiKey('KEY', root, { get: () => 'given' })).toEqual({ ok: true, value: 'given' })
  const made = await apiKey(null, root, { get: () => undefined })
  expect(await apiKey(null, root, { get: () => undefined })).toEqual(made)
  expect((await stat(join(root, 'api-key'))).mode & 0o777).toBe(0o600)
  await writeFile(join(root, 'api-key'), 'short')
  expect(await apiKey(null, root, { get: () => undefined })).toMatchObject({ ok: false })
})
