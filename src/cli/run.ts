import { startApp } from '../app/run-app.ts'
import { listenForStop } from '../app/stop-signal.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { openConfig } from './open-config.ts'
import { complain } from './terminal.ts'
import { untilAborted } from '../lib/until-aborted.ts'

export async function run(configPath: string): Promise<ExitCode> {
  const opened = await openConfig(configPath)
  if (!opened.ok) {
    complain(opened.error)
    return EXIT.failed
  }
  using stop = listenForStop((name) => complain(`${name}: stopping; once more to stop at once`))
  const app = await startApp(opened.value.loaded, opened.value.catalog)
  if (!app.ok) {
    complain(`homesec cannot start: ${app.error}`)
    return EXIT.failed
  }
  await using _running = app.value
  await untilAborted(stop.signal)
  return EXIT.ok
}
