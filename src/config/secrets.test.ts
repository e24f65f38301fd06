import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { createSecrets, readEnvironment } from './secrets.ts'

afterEach(() => void vi.unstubAllEnvs())

async function folderWith(env: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'homesec-env-'))
  await writeFile(join(folder, '.env'), env)
  return folder
}

async function read(...folders: string[]) {
  const environment = await readEnvironment(folders)
  if (!environment.ok) throw new Error(environment.error)
  return createSecrets(environment.value.values)
}

test('what is really set wins over .env, and the first .env over the second', async () => {
  vi.stubEnv('HOMESEC_TEST_A', 'real')
  const first = await folderWith('HOMESEC_TEST_A=file\nHOMESEC_TEST_B="first # not a comment"\n# a comment\n')
  const second = await folderWith('HOMESEC_TEST_B=second\nexport HOMESEC_TEST_C=third\n')
  const secrets = await read(first, second)
  expect(['A', 'B', 'C', 'D'].map((name) => secrets.get(`HOMESEC_TEST_${name}`))).toEqual([
    'real',
    'first # not a comment',
    'third',
    undefined,
  ])
})

test('a folder without .env is no mistake; an .env that cannot be read is', async () => {
  expect((await readEnvironment([await mkdtemp(join(tmpdir(), 'homesec-env-'))])).ok).toBe(true)
  const folder = await mkdtemp(join(tmpdir(), 'homesec-env-'))
  await mkdir(join(folder, '.env'))
  expect(await readEnvironment([folder])).toMatchObject({ ok: false, error: expect.stringContaining('EISDIR') as string })
})

test.each([
  ['A=rtsp://user:se#cret@camera/1', 'line 1: A'],
  ['# fine\n export LONG_NAME = pass#word # and why', 'line 2: LONG_NAME'],
  ['A=abc=#cret', 'line 1: A'],
])('a value that is cut short at its "#" is doubted, without telling it: %j', async (text, where) => {
  const environment = await readEnvironment([await folderWith(text)])
  if (!environment.ok) throw new Error(environment.error)
  expect(environment.value.warnings).toEqual([expect.stringContaining(`${where} ends at its "#"`)])
  expect(environment.value.warnings.join()).not.toMatch(/se#|cret|pass|abc/)
})

test.each([
  'A="se#cret" # why',
  "A= 'se#cret'",
  'A = "se#cret"',
  'A=`se#cret`',
  'A=secret # why',
  'A=secret',
  '# A=se#cret',
  'A= # nothing',
  'A=# nothing',
  'PATH=se#cret',
])('a "#" in quotes, after a space, or in what is set already, is no matter: %j', async (text) => {
  expect(await readEnvironment([await folderWith(text)])).toMatchObject({ ok: true, value: { warnings: [] } })
})

test('an empty variable counts as not set', async () => {
  expect(createSecrets({ A: '' }).get('A')).toBeUndefined()
})
