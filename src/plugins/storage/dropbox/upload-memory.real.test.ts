import { expect, test } from 'vitest'
import { REFRESHING, REFRESHING_ENV } from '../../../testkit/dropbox-fixture.ts'
import { DropboxServer } from '../../../testkit/dropbox-server.ts'
import { expectLittleMemory } from '../../../testkit/upload-memory.ts'

test('a clip of 200 MB takes less than 40 MB of memory', { timeout: 120_000 }, async () => {
  await using server = await DropboxServer.start({ keepBytes: false })
  const module = new URL('../../../testkit/dropbox/dropbox-at.ts', import.meta.url).href
  const config = { endpoints: server.endpoints, config: REFRESHING }
  await expectLittleMemory({ module, name: 'dropboxAt', config, env: REFRESHING_ENV })
  expect(server.account.tree.files.map(({ size }) => size)).toContain(200_000_000)
})
