import { expect, test } from 'vitest'
import { aFile } from '../../../testkit/dropbox-fixture.ts'
import { openSource, readStart } from './source-file.ts'

test('a file that became shorter since it was looked at is read again later, not stored short', async () => {
  const { path, content } = await aFile(1000)
  const source = await openSource(path)
  if (!source.ok) throw new Error(source.error.message)
  await using file = source.value.file
  expect(await readStart(file, 1000)).toEqual({ ok: true, value: content })
  expect(await readStart(file, 1001)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
})
