import { expect, test } from 'vitest'
import { z } from 'zod'
import { loadConfig } from '../../../config/load.ts'
import { definePlugin } from '../../../contracts/plugin.ts'
import { builtinPlugins } from '../../builtin.ts'

const CAMERA = 'version: 1\ncameras: [{ name: yard, source: { backend: folder, config: { path: /v } } }]\n'

/** A storage with a secret. */
const cloudStorage = definePlugin({
  kind: 'storage',
  name: 'cloud',
  config: z.strictObject({ token_env: z.string().default('CLOUD_TOKEN') }),
  create: () => Promise.reject(new Error('not built here')),
})
const catalog = { ...builtinPlugins, storage: [...builtinPlugins.storage, cloudStorage] }

function load(storage: string, env: Readonly<Record<string, string>> = {}) {
  const text = `${CAMERA}storage: ${storage}\n`
  return loadConfig('/etc/homesec/config.yaml', { catalog, env, readFile: async () => Buffer.from(text) })
}

async function problemsOf(storage: string): Promise<string[]> {
  const loaded = await load(storage)
  return loaded.ok ? [] : loaded.error.problems.map(({ path, message, advice }) => `${path}: ${message} ${advice}`)
}

const mirror = (...backends: string[]) => `{ backend: mirror, config: { backends: [${backends.join(', ')}] } }`
const NAS = '{ name: nas, backend: local, config: { root: /mnt/nas } }'

test('two places of one kind need no more than names', async () => {
  expect(await problemsOf(mirror(NAS, '{ backend: local }'))).toEqual([])
  expect(await problemsOf(mirror(NAS, '{ backend: LOCAL, retention: { max_age_days: 30, max_bytes: 1000000 } }'))).toEqual([])
})

test.each([
  ['one place', mirror(NAS), 'storage.config.backends: list at least two places'],
  [
    'an unknown plugin',
    mirror(NAS, '{ backend: lokal }'),
    'storage.config.backends[1].backend: there is no such plugin; Did you mean "local"?',
  ],
  [
    'an unknown key inside',
    mirror(NAS, '{ backend: local, config: { roott: /x } }'),
    'storage.config.backends[1].config.roott: unknown key "roott"; Did you mean "root"?',
  ],
  ['an unknown key of a place', mirror(NAS, '{ backend: local, retain: 1 }'), 'storage.config.backends[1].retain: unknown key "retain"'],
  ['a name twice', mirror(NAS, '{ name: nas, backend: local }'), 'storage.config.backends[1].name: there is already a place named "nas"'],
  [
    'no names for two of a kind',
    mirror('{ backend: local, config: { root: /a } }', '{ backend: local }'),
    'backends[1].backend: there is already',
  ],
  ['one place twice', mirror(NAS, '{ backend: local, config: { root: /mnt/nas } }'), 'backends[1].config: the same as "nas"'],
  ['a mirror of a mirror', mirror(NAS, '{ backend: mirror }'), 'backends[1].backend: a mirror cannot hold another one'],
  [
    'a bad limit',
    mirror(NAS, '{ backend: local, retention: { max_bytes: 0.5 } }'),
    'storage.config.backends[1].retention.max_bytes: must be a whole number',
  ],
  [
    'limits for the whole',
    mirror(NAS, '{ backend: local }').replace('{ backend: mirror', '{ retention: { max_age_days: 3 }, backend: mirror'),
    'storage.retention.max_age_days: each place of a mirror has its own limits Write it into',
  ],
])('%s is reported where it stands', async (_what, storage, expected) => {
  const problems = await problemsOf(storage)
  expect(problems).toEqual([expect.stringContaining(expected)])
})

test('a variable of a place is checked like any other, and its value is a secret, also where its name stands by default', async () => {
  const cloud = `${NAS}, { backend: cloud, config: { token_env: MY_TOKEN } }, { name: other, backend: cloud }`
  expect(await problemsOf(mirror(cloud))).toEqual([
    expect.stringContaining('storage.config.backends[1].config.token_env: the variable MY_TOKEN is not set'),
  ])
  const loaded = await load(mirror(cloud), { MY_TOKEN: 'first secret', CLOUD_TOKEN: 'second secret' })
  expect(loaded.ok && loaded.value.secretValues.toSorted()).toEqual(['first secret', 'second secret'])
})
