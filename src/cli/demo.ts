import { mkdtemp, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApp, type App } from '../app/run-app.ts'
import { listenForStop } from '../app/stop-signal.ts'
import type { LoadedConfig } from '../config/check-config.ts'
import { toAppConfig } from '../config/normalise.ts'
import { ConfigFileSchema } from '../config/schema.ts'
import { messageOf } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { untilAborted } from '../lib/until-aborted.ts'
import { within } from '../lib/within.ts'
import { builtinPlugins } from '../plugins/builtin.ts'
import { startSimulatedCamera, type SimulatedCamera } from '../testkit/simulated-camera/simulated-camera.ts'
import { encodeScene } from './demo/encode-scene.ts'
import { narrate } from './demo/narrate.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { complain, print } from './terminal.ts'

const ONCE_WITHIN_MS = 90_000

/** When the drawn figure enters, seconds after the first connection; the camera has to be known by then. */
const EMPTY_S = 5
/** The scene begins anew after so many seconds. */
const SCENE_S = 30
const URL_ENV = 'DEMO_CAMERA_URL'

/** Takes a drawn scene through the whole product, from a camera over RTSP to the alert, with embedded defaults, in a folder of its own. */
export async function demo({ once }: { readonly once: boolean }): Promise<ExitCode> {
  using stop = listenForStop(() => complain('stopping'))
  const folder = await mkdtemp(join(tmpdir(), 'homesec-demo-'))
  print(`HomeSec demo. Everything happens on this machine, in ${folder}\n`)
  try {
    const camera = await openCamera(folder, stop.signal)
    if (!camera.ok) return fail(camera.error)
    await using filming = camera.value
    const app = await startApp(demoConfig(folder, filming.url(STREAM)), builtinPlugins)
    if (!app.ok) return fail(app.error)
    await using running = app.value
    const told = narrate(running, join(folder, 'storage'))
    print('watching   for something that moves; a figure comes along in a few seconds')
    if (once) return await untilFirstAlert(told, stop.signal)
    await invite(running, filming, stop.signal)
    return EXIT.ok
  } catch (cause) {
    return fail(messageOf(cause))
  } finally {
    // With --once the picture may still be looked at.
    if (!once) await rm(folder, { recursive: true, force: true })
  }
}

async function untilFirstAlert(told: Promise<void>, stop: AbortSignal): Promise<ExitCode> {
  if (await within(told, ONCE_WITHIN_MS, stop)) return EXIT.ok
  return fail(
    stop.aborted ? 'stopped before the alert' : `no alert within ${ONCE_WITHIN_MS / 1000} s; the last step above is where it stopped`,
  )
}

async function invite({ url }: App, camera: SimulatedCamera, stop: AbortSignal): Promise<void> {
  if (url !== null) print(`\nThe API: ${url}/api/v1/clips`)
  print(`The camera: ffplay ${camera.url(STREAM)}`)
  print(`The figure comes again every ${SCENE_S} s. Press Ctrl+C to end; the folder goes when you do.\n`)
  await untilAborted(stop)
}

const STREAM = 'stream1'

/** A camera of this process: real RTSP, with a password, filming a drawn street. */
async function openCamera(folder: string, signal: AbortSignal): Promise<Result<SimulatedCamera, string>> {
  print('drawing    a street; a figure walks past the house')
  const video = join(folder, 'street.mp4')
  const drawn = await encodeScene({ path: video, emptyS: EMPTY_S, seconds: SCENE_S }, signal)
  if (!drawn.ok) return err(drawn.error.message)
  const credentials = { username: 'demo', password: randomBytes(6).toString('hex') }
  // Stamped: the scene shown again is another clip, not the same one once more.
  const camera = await startSimulatedCamera({ streams: { [STREAM]: { video, stamped: true } }, credentials, startAt: 'first_session' })
  print(`camera     front_door films it: rtsp://127.0.0.1:${camera.port}/${STREAM}`)
  return ok(camera)
}

function demoConfig(folder: string, cameraUrl: string): LoadedConfig {
  const source = { backend: 'rtsp', config: { rtsp_url_env: URL_ENV, derive_detect: false, recording: { stop_delay_s: 3 } } }
  const file = ConfigFileSchema.parse({
    version: 1,
    data_dir: join(folder, 'data'),
    cameras: [{ name: 'front_door', source }],
    storage: { backend: 'local', config: { root: join(folder, 'storage') } },
    alert_policy: { config: { notify_on_classes: ['person'] } },
    notifiers: [{ backend: 'console', config: { stream: 'stdout' } }],
    server: { port: 0 },
    log: { level: 'warn', format: 'pretty' },
  })
  const secrets = { get: (name: string) => (name === URL_ENV ? cameraUrl : undefined) }
  return { config: toAppConfig(file, folder), hash: 'demo', secrets, secretValues: [cameraUrl], warnings: [] }
}

function fail(reason: string): ExitCode {
  complain(`\nhomesec demo: ${reason}`)
  return EXIT.failed
}
