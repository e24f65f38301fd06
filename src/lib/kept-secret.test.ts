import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keptSecret } from './kept-secret.ts'

const folder = () => mkdtemp(join(tmpdir(), 'homesec-secret-'))
const SECRET = 'a-secret-of-some-length'

test('a secret is made once and readable by its owner alone', async () => {
  const path = join(await folder(), 'key')
  expect(await keptSecret(path, () => SECRET)).toEqual({ ok: true, value: SECRET })
  expect(await keptSecret(path, () => 'another-of-some-length')).toEqual({ ok: true, value: SECRET })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).toBe(`${SECRET}\n`)
})

test('one that is too short to be one is not used, and not told', async () => {
  const path = join(await folder(), 'key')
  await writeFile(path, 'hunter2\n')
  const kept = await keptSecret(path, () => SECRET)
  expect(kept).toEqual({ ok: false, error: expect.stringContaining(path) as string })
  expect(JSON.stringify(kept)).not.toContain('hunter2')
})

test('a place that cannot be written is a reason, not an exception', async () => {
  expect(await keptSecret(join(await folder(), 'missing', 'key'), () => SECRET)).toMatchObject({ ok: false })
})
