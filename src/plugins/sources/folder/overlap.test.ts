import { expect, test } from 'vitest'
import { folderSource } from './plugin.ts'
import { configNames } from '../../../testkit/plugin-host.ts'

test.each([
  ['/srv/homesec', true],
  ['/srv/homesec/in', true],
  ['/srv', true],
  ['/', true],
  ['/srv/x/../homesec/in/', true],
  ['/srv/homesec-in', false],
  ['/srv/inbox', false],
])('the watched folder %s overlaps with the data folder /srv/homesec, as the check of the config says: %s', (path, overlaps) => {
  const found = folderSource.problems({ path }, configNames({ dataDir: '/srv/homesec' }))
  expect(found).toEqual(overlaps ? [{ path: ['path'], message: expect.stringContaining('data_dir') as string }] : [])
})
