import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { CAMERA, openHome, withPhone } from './harness/home.ts'
import { waitFor } from './harness/wait-for.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const from = (path: string) => pathToFileURL(join(ROOT, path)).href

/** A camera of somebody else, which must not be started to be looked at. */
const LENS = `
import { definePlugin, err, ok, pluginError } from '${from('dist/contracts/plugin-sdk.js')}'
import { z } from '${from('node_modules/zod/index.js')}'
export default definePlugin({
  kind: 'source',
  name: 'lens',
  config: z.strictObject({ password_env: z.string(), blind: z.boolean().default(false) }),
  async create({ password_env, blind }, host) {
    const url = 'rtsp://me:' + host.secrets.get(password_env) + '@lens/main'
    return {
      start() { throw new Error('it was started') },
      health: () => ({ state: 'down', detail: 'it was started', last_heartbeat: null }),
      async explain() {
        if (blind) return err(pluginError('invalid', 'the camera at ' + url + ' has no stream'))
        return ok({
          facts: ['One stream at ' + url + ', \\x1b[31mH.264\\x1b[0m.'],
          advice: ['Send a keyframe every 2 s instead of every 10 s, and the seconds before the event are all there.'],
        })
      },
      async [Symbol.asyncDispose]() {},
    }
  },
})`

test('doctor prints what a source finds out about its camera, without secrets and without starting it', async () => {
  const home = openHome()
  home.env['LENS_PASSWORD'] = 'canary-1f2e-secret'
  writeFileSync(join(home.root, 'lens.mjs'), LENS)
  const lens = (name: string, more = {}) => ({ name, source: { backend: 'lens', config: { password_env: 'LENS_PASSWORD', ...more } } })
  home.reconfigure({ plugins: ['./lens.mjs'], cameras: [lens('front'), lens('back', { blind: true })] })
  const run = home.spawn(['doctor', '--config', home.configPath])
  expect(await run.ended).toEqual({ code: 1, signal: null })
  expect(run.stdout).toContain(
    [
      'ok    camera front: answers',
      '      One stream at rtsp://***:***@lens/main, H.264.',
      '      advice: Send a keyframe every 2 s instead of every 10 s, and the seconds before the event are all there.',
      'FAIL  camera back: the camera at rtsp://***:***@lens/main has no stream',
    ].join('\n'),
  )
  expect(run.stdout + run.stderr).not.toMatch(/canary|it was started/)
})

test('a camera that goes is a log line, a live event and a metric, and after offline_alert_s an alert; so is its return', async () => {
  const home = openHome()
  const source = { backend: 'folder', config: { path: home.inbox, poll_s: 0.3 } }
  home.reconfigure({ cameras: [{ name: CAMERA, offline_alert_s: 10, source }] })
  const phone = await withPhone(home)
  const run = await home.start()
  await run.logged('camera_up')
  const live = statesIn(await fetch(`${run.url}/api/v1/events`)) // what happened before its headers came is not told

  rmSync(home.inbox, { recursive: true })
  expect(await run.logged('camera_down')).toMatchObject({ camera_name: CAMERA, detail: expect.stringContaining('missing') as string })
  await waitFor('the metric', async () => (await metrics(run.url)).includes(`homesec_camera_up{camera="${CAMERA}"} 0`))
  const down = await phone.newsOf('part_down')
  expect(down).toMatchObject({ camera_name: CAMERA, severity: 'error' })
  expect(down.message).toMatch(/^The camera front_door has been down for [1-9]\d+ s: .*missing/)

  mkdirSync(home.inbox)
  expect((await phone.newsOf('part_up')).message).toMatch(/^The camera front_door works again; it was down for \d+ s\.$/)
  await waitFor('the metric', async () => (await metrics(run.url)).includes(`homesec_camera_up{camera="${CAMERA}"} 1`))
  expect(await metrics(run.url)).toContain(`camera_outages_total{camera="${CAMERA}"} 1`)
  run.signal('SIGTERM')
  await run.ended
  expect((await live).map(({ state }) => state)).toEqual(['down', 'ok'])
  expect(run.log.filter(({ event_type }) => event_type === 'camera_down')).toHaveLength(1)
})

async function metrics(url: string): Promise<string> {
  return (await fetch(`${url}/api/v1/metrics`)).text()
}

/** The camera events that came until the server hung up. */
async function statesIn(response: Response): Promise<{ readonly state: string }[]> {
  let text = ''
  try {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString()
  } catch {
    // Cut off when the program ends.
  }
  return [...text.matchAll(/^event: camera_event\ndata: (.+)$/gm)].map(([, json = '']) => JSON.parse(json) as { readonly state: string }) // our own format
}
