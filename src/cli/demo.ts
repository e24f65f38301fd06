import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApp, type App } from '../app/run-app.ts'
import { listenForStop } from '../app/stop-signal.ts'
import type { LoadedConfig } from '../config/check-config.ts'
import { toAppConfig } from '../config/normalise.ts'
import { ConfigFileSchema } from '../config/schema.ts'
import { messageOf } from '../contracts/errors.ts'
import { ok, type Result } from '../contracts/result.ts'
import { untilAborted } from '../lib/until-aborted.ts'
import { within } from '../lib/within.ts'
import { builtinPlugins } from '../plugins/builtin.ts'
import { encodeScene } from './demo/encode-scene.ts'
import { narrate } from './demo/narrate.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { complain, print } from './terminal.ts'

const ONCE_WITHIN_MS = 90_000

/** Takes a drawn scene through the whole product, with embedded defaults, in a folder of its own. */
export async function demo({ once }: { readonly once: boolean }): Promise<ExitCode> {
  using stop = listenForStop(() => complain('stopping'))
  const folder = await mkdtemp(join(tmpdir(), 'homesec-demo-'))
  const inbox = join(folder, 'camera')
  await mkdir(inbox)
  print(`HomeSec demo. Everything happens on this machine, in ${folder}\n`)
  try {
    const app = await startApp(demoConfig(folder, inbox), builtinPlugins)
    if (!app.ok) return fail(app.error)
    await using running = app.value
    const told = narrate(running, join(folder, 'storage'))
    const offered = await offerScene(folder, inbox, stop.signal)
    if (!offered.ok) return fail(offered.error)
    if (once) return await untilFirstAlert(told, stop.signal)
    await invite(running, inbox, stop.signal)
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

async function invite({ url }: App, inbox: string, stop: AbortSignal): Promise<void> {
  if (url !== null) print(`\nThe API: ${url}/api/v1/clips`)
  print(`Drop a video of your own into ${inbox}, or press Ctrl+C to end. The folder goes when you do.`)
  await untilAborted(stop)
}

async function offerScene(folder: string, inbox: string, signal: AbortSignal): Promise<Result<void, string>> {
  print('drawing    a street; a figure walks past the house')
  const drawn = join(folder, 'street.mp4')
  const encoded = await encodeScene({ path: drawn }, signal)
  if (!encoded.ok) return { ok: false, error: encoded.error.message }
  // Copied under a name that is ignored, then renamed: the way a careful uploader does it.
  await copyFile(drawn, join(inbox, '.street.part'))
  await rename(join(inbox, '.street.part'), join(inbox, 'street.mp4'))
  print('camera     street.mp4 arrives in the folder of camera front_door')
  return ok()
}

function demoConfig(folder: string, inbox: string): LoadedConfig {
  const file = ConfigFileSchema.parse({
    version: 1,
    data_dir: join(folder, 'data'),
    cameras: [{ name: 'front_door', source: { backend: 'folder', config: { path: inbox, stability_s: 1, poll_s: 1 } } }],
    storage: { backend: 'local', config: { root: join(folder, 'storage') } },
    alert_policy: { config: { notify_on_classes: ['person'] } },
    notifiers: [{ backend: 'console', config: { stream: 'stdout' } }],
    server: { port: 0 },
    log: { level: 'warn', format: 'pretty' },
  })
  return { config: toAppConfig(file, folder), hash: 'demo', secrets: { get: () => undefined }, secretValues: [], warnings: [] }
}

function fail(reason: string): ExitCode {
  complain(`\nhomesec demo: ${reason}`)
  return EXIT.failed
}
