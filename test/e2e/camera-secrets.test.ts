import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { processesIn } from '../../src/testkit/processes.ts'
import { startSimulatedCamera } from '../../src/testkit/simulated-camera/simulated-camera.ts'
import { makeVideo } from '../../src/testkit/videos.ts'
import { CAMERA, openHome, withPhone } from './harness/home.ts'
import { waitFor } from './harness/wait-for.ts'

/** As an owner types it: with everything in it that an address cannot hold. */
const PASSWORD = 'canary@first/second#third?&+=%'
/** Each piece of it, so that no way of writing it gets through. */
const FORMS = [
  /canary/i,
  /%40first/i,
  /first%2Fsecond/i,
  /second%23third/i,
  /first\/second/,
  new RegExp(Buffer.from(PASSWORD).toString('base64').slice(0, 12)),
]

function expectNoLeak(where: string, text: string): void {
  for (const form of FORMS) {
    const at = text.search(form)
    expect({ where, leak: at === -1 ? '' : text.slice(Math.max(0, at - 120), at + 60) }).toEqual({ where, leak: '' })
  }
}

async function wholeApi(url: string): Promise<string> {
  const described = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as { paths: Record<string, Record<string, unknown>> } // held to its form elsewhere
  const paths = Object.keys(described.paths).filter((path) => !path.includes('{') && 'get' in (described.paths[path] ?? {}))
  const answers = paths.map(async (path) => {
    const stop = new AbortController()
    const answer = await fetch(`${url}${path}`, { signal: stop.signal })
    if (!(answer.headers.get('content-type') ?? '').includes('event-stream')) return answer.text()
    stop.abort()
    return ''
  })
  expect(paths.length).toBeGreaterThan(3)
  return (await Promise.all(answers)).join('\n')
}

async function liveEvents(url: string, into: (text: string) => void): Promise<void> {
  const response = await fetch(`${url}/api/v1/events`).catch(() => null)
  try {
    for await (const chunk of response?.body ?? []) into(Buffer.from(chunk).toString())
  } catch {
    // Cut off when the program ends.
  }
}

test.for([
  ['as its owner types it', (password: string) => password],
  ['percent-encoded', encodeURIComponent],
] as const)('a camera password %s shows up nowhere, whatever goes wrong with the camera', async ([, written]) => {
  const home = openHome()
  const phone = await withPhone(home)
  const options = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-bf', '0', '-pix_fmt', 'yuv420p']
  const video = makeVideo(join(home.root, 'scene.mp4'), { size: '320x240', duration_s: 60, picture: 'testsrc2', options })
  const credentials = { username: 'owner', password: PASSWORD }
  const camera = home.own(await startSimulatedCamera({ credentials, maxSessions: 1, streams: { stream1: { video }, stream2: { video } } }))
  home.env['CAMERA_URL'] = `rtsp://owner:${written(PASSWORD)}@127.0.0.1:${camera.port}/stream1`
  const recording = { pre_roll_s: 1, stop_delay_s: 1, max_recording_s: 5 }
  const config = {
    rtsp_url_env: 'CAMERA_URL',
    recording,
    motion: { settle_s: 0.3 },
    stream: { io_timeout_s: 2, connect_timeout_s: 6 },
    reconnect: { backoff_s: 0.2, max_backoff_s: 0.5 },
  }
  const logged = { telemetry: { logs: { level: 'debug' } }, log: { level: 'debug' } }
  home.reconfigure({ ...logged, cameras: [{ name: CAMERA, offline_alert_s: 10, source: { backend: 'rtsp', config } }] })

  const ring = join(home.data, 'state', 'source', CAMERA, 'ring')
  const run = await home.start()
  let heard = ''
  const listening = liveEvents(run.url, (text) => (heard += text))
  await run.logged('recording_started')
  process.kill((await waitFor('the recorder', () => processesIn(ring)[0])).pid, 'SIGKILL')
  await run.logged('camera_lost')
  await run.logged('recording_resumed')
  camera.stall()
  await run.logged('camera_lost', ({ trouble }) => trouble === 'stalled')
  camera.resume()
  camera.changePassword('another')
  camera.drop()
  await run.logged('camera_lost', ({ trouble }) => trouble === 'credentials')
  const refused = home.spawn(['doctor', '--config', home.configPath])
  await refused.ended
  expect(refused.stdout).toContain('password')
  await phone.newsOf('part_down')
  const api = await wholeApi(run.url)
  expect(api).toContain('password')
  run.signal('SIGTERM')
  await run.ended
  await listening
  camera.changePassword(PASSWORD)
  home.reconfigure({ cameras: [{ name: CAMERA, source: { backend: 'rtsp', config: { ...config, stream: { connect_timeout_s: 30 } } } }] })
  const explained = home.spawn(['doctor', '--config', home.configPath])
  await explained.ended
  expect(explained.stdout).toContain('320')

  const outputs = { run, refused, explained }
  for (const [name, { stdout, stderr }] of Object.entries(outputs)) expectNoLeak(name, stdout + stderr)
  expectNoLeak('the API', api)
  expectNoLeak('the live events', heard)
  expectNoLeak('the phone', phone.raw.join('\n'))
  for (const entry of readdirSync(home.root, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) expectNoLeak(join(entry.parentPath, entry.name), readFileSync(join(entry.parentPath, entry.name), 'latin1'))
})
