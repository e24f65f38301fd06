import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SystemNews } from '../core/alerts/system-alerts.ts'
import { reportStrayRecordings } from './stray-recordings.ts'

test('footage of cameras that nobody records any more is told of, once for each, and no other', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'homesec-stray-'))
  const have = (camera: string, ...recordings: string[]) => {
    for (const name of ['', ...recordings]) mkdirSync(join(dataDir, 'state', 'source', camera, 'recordings', name), { recursive: true })
  }
  have('front_door', '1-0001')
  have('old_gate', '1-0001', '1-0002')
  have('cellar', '1-0001')
  have('attic')
  mkdirSync(join(dataDir, 'state', 'source', 'uploads'))
  const told: SystemNews[] = []
  const cameras = [
    { name: 'front_door', broken: null },
    { name: 'cellar', broken: 'the variable CELLAR_URL is not set' },
  ]
  await reportStrayRecordings(dataDir, cameras, { raise: (news) => told.push(news) })
  expect(told.map(({ message }) => /^(\d+) recordings of the camera (\w+)/.exec(message)?.slice(1)).sort()).toEqual([
    ['1', 'cellar'],
    ['2', 'old_gate'],
  ])
  await reportStrayRecordings('/nowhere', cameras, { raise: () => expect.fail('there is nothing') })
})
