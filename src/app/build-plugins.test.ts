import { expect, test } from 'vitest'
import { z } from 'zod'
import { toAppConfig } from '../config/normalise.ts'
import { ConfigFileSchema } from '../config/schema.ts'
import { definePlugin, type PluginCatalog, type PluginKind } from '../contracts/plugin.ts'
import { Scope } from '../lib/scope.ts'
import { builtinPlugins } from '../plugins/builtin.ts'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { testHost } from '../testkit/plugin-host.ts'
import { anAlert } from '../testkit/builders.ts'
import { brokenSource } from './broken-parts.ts'
import { buildCameras, buildPlugins, type PluginContext } from './build-plugins.ts'
import { NO_HOME } from '../testkit/plugin-host.ts'

const never = new AbortController().signal

function throwing<K extends PluginKind>(kind: K) {
  return definePlugin({ kind, name: 'broken', config: z.object({}), create: () => Promise.reject(new Error('no such device')) })
}

function setUp(changes: object) {
  const { dirs, clock, secrets } = testHost()
  const camera = (name: string, backend: string) => ({ name, source: { backend, config: { path: `${dirs.data}-${name}` } } })
  const file = ConfigFileSchema.parse({
    version: 1,
    data_dir: dirs.data,
    cameras: [camera('broken_one', 'broken'), camera('good_one', 'folder')],
    filter: { backend: 'mock' },
    ...changes,
  })
  const catalog: PluginCatalog = {
    source: [...builtinPlugins.source, throwing('source')],
    storage: [...builtinPlugins.storage, throwing('storage')],
    filter: [...builtinPlugins.filter, throwing('filter')],
    analyzer: [...builtinPlugins.analyzer, throwing('analyzer')],
    alert_policy: [...builtinPlugins.alert_policy, throwing('alert_policy')],
    notifier: [...builtinPlugins.notifier, throwing('notifier')],
  }
  const log = memoryLogger()
  const scope = new Scope(() => undefined)
  const context: PluginContext = { config: toAppConfig(file, '/'), purpose: 'check', catalog, clock, log, secrets, home: NO_HOME, scope }
  const complaints = () => log.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields['part'])
  return { context, complaints }
}

test('a camera that cannot be built is down with the reason, and the others are built', async () => {
  const { context, complaints } = setUp({})
  await using _scope = context.scope
  const [broken, good] = await buildCameras(context)
  expect(broken?.source.health()).toMatchObject({ state: 'down', detail: expect.stringContaining('no such device') as string })
  expect(broken?.broken).toContain('no such device')
  expect(good).toMatchObject({ name: 'good_one', broken: null })
  expect(good?.source.health().state).toBe('starting')
  expect(complaints()).toEqual(['camera broken_one'])
})

test('a notifier or an analyzer that cannot be built refuses what it is given, and the others are built', async () => {
  const notifiers = [
    { name: 'siren', backend: 'broken' },
    { name: 'screen', backend: 'console' },
  ]
  const { context, complaints } = setUp({ notifiers, vlm: { backend: 'broken' } })
  await using _scope = context.scope
  const built = await buildPlugins(context)
  if (!built.ok) throw new Error(built.error)
  const refusal = { ok: false, error: { kind: 'rejected', message: expect.stringContaining('no such device') as string } }
  const [siren, screen] = built.value.notifiers
  expect(await siren?.notifier.send(anAlert(), { thumbnail: null, replaces: null }, never)).toMatchObject(refusal)
  expect(await siren?.notifier.ping(never)).toMatchObject(refusal)
  expect(await screen?.notifier.ping(never)).toMatchObject({ ok: true })
  expect(await built.value.analyzer?.ping(never)).toMatchObject(refusal)
  expect(complaints()).toEqual(['analyzer', 'notifier siren'])
})

test.each(['storage', 'filter', 'alert_policy'])('nothing works without a %s, so it ends there', async (section) => {
  const { context } = setUp({ [section]: { backend: 'broken' } })
  await using _scope = context.scope
  expect(await buildPlugins(context)).toMatchObject({ ok: false, error: expect.stringContaining('no such device') as string })
})

test('a source is given what its cameras share, and no other', async () => {
  const given: unknown[] = []
  const sharing = definePlugin({
    kind: 'source',
    name: 'sharing',
    config: z.object({}),
    shared: z.strictObject({ port: z.number().default(1), host: z.string().default('here') }),
    create: async (_, host) => {
      given.push(host.shared)
      return brokenSource('only a test')
    },
  })
  const { context } = setUp({
    cameras: [
      { name: 'one', source: { backend: 'sharing' } },
      { name: 'two', source: { backend: 'broken' } },
    ],
    sources: { sharing: { port: 2 } },
  })
  await using _scope = context.scope
  await buildCameras({ ...context, catalog: { ...context.catalog, source: [sharing, ...context.catalog.source] } })
  expect(given).toEqual([{ port: 2, host: 'here' }])
})
