import { mkdirSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CAMERA, openHome, withPhone } from './harness/home.ts'
import { waitFor } from './harness/wait-for.ts'

test('a camera that goes is a log line, a live event and a metric, and after offline_alert_s an alert; so is its return', async () => {
  const home = openHome()
  const source = { backend: 'folder', config: { path: home.inbox, poll_s: 0.3 } }
  home.reconfigure({ cameras: [{ name: CAMERA, offline_alert_s: 10, source }] })
  const phone = await withPhone(home)
  const run = await home.start()
  await run.logged('camera_up')
  const live = listen(`${run.url}/api/v1/events`)

  rmSync(home.inbox, { recursive: true })
  expect(await run.logged('camera_down')).toMatchObject({ camera_name: CAMERA, detail: expect.stringContaining('missing') as string })
  await waitFor('the metric', async () => (await metrics(run.url)).includes(`homesec_camera_up{camera="${CAMERA}"} 0`))
  const down = await phone.newsOf('part_down')
  expect(down).toMatchObject({ camera_name: CAMERA, severity: 'error' })
  expect(down.message).toMatch(/^The camera front_door has been down for 1[0-3] s: .*missing/)

  mkdirSync(home.inbox)
  expect((await phone.newsOf('part_up')).message).toMatch(/^The camera front_door works again; it was down for \d+ s\.$/)
  const text = await metrics(run.url)
  for (const line of ['camera_up{camera="front_door"} 1', 'camera_outages_total{camera="front_door"} 1']) expect(text).toContain(line)
  run.signal('SIGTERM')
  await run.ended
  expect((await live).map(({ state }) => state)).toEqual(['down', 'ok'])
  expect(run.log.filter(({ event_type }) => event_type === 'camera_down')).toHaveLength(1)
})

async function metrics(url: string): Promise<string> {
  return (await fetch(`${url}/api/v1/metrics`)).text()
}

/** The camera events that came until the server hung up. */
async function listen(url: string): Promise<{ readonly state: string }[]> {
  const response = await fetch(url)
  let text = ''
  try {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString()
  } catch {
    // Cut off when the program ends.
  }
  return [...text.matchAll(/^event: camera_event\ndata: (.+)$/gm)].map(([, json = '']) => JSON.parse(json) as { readonly state: string }) // our own format
}
