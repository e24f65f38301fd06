import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { CAMERA, openHome } from './harness/home.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const from = (path: string) => pathToFileURL(join(ROOT, path)).href

const NO_DEVICE = `
import { definePlugin } from '${from('dist/contracts/plugin-sdk.js')}'
import { z } from '${from('node_modules/zod/index.js')}'
export default definePlugin({
  kind: 'source', name: 'capture_card', config: z.strictObject({}),
  create: async () => { throw new Error('no such device: video0') },
})`

test('a camera whose plugin cannot be built leaves the other cameras alone, and is shown as down', async () => {
  const home = openHome()
  writeFileSync(join(home.root, 'capture-card.mjs'), NO_DEVICE)
  const good = { name: CAMERA, source: { backend: 'folder', config: { path: home.inbox, stability_s: 0.3, poll_s: 0.3 } } }
  const bad = { name: 'garage', source: { backend: 'capture_card', config: {} } }
  home.reconfigure({ plugins: ['./capture-card.mjs'], cameras: [bad, good] })
  const run = await home.start()
  home.drop(1)
  await home.done(1)
  expect(await (await fetch(`${run.url}/health`)).json()).toEqual({ status: 'degraded' })
  expect(await (await fetch(`${run.url}/api/v1/cameras`)).json()).toMatchObject({
    cameras: [
      { name: 'garage', state: 'down', detail: expect.stringContaining('no such device') as string },
      { name: CAMERA, state: 'ok' },
    ],
  })
})
