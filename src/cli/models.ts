import { join, resolve } from 'node:path'
import { listenForStop } from '../app/stop-signal.ts'
import { listModels, pullModel } from '../plugins/filters/yolo/models.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { openConfig } from './open-config.ts'
import { complain, print } from './terminal.ts'

interface ModelFlags {
  readonly config?: string
  readonly dataDir: string
}

async function modelsDir({ config, dataDir }: ModelFlags): Promise<string | null> {
  if (config === undefined) return join(resolve(dataDir), 'models')
  const opened = await openConfig(config)
  if (opened.ok) return join(opened.value.loaded.config.data_dir, 'models')
  complain(opened.error)
  return null
}

export async function list(flags: ModelFlags): Promise<ExitCode> {
  const folder = await modelsDir(flags)
  if (folder === null) return EXIT.failed
  for (const { name, installed, note } of await listModels(folder)) print(`${installed ? '*' : ' '} ${name.padEnd(14)} ${note}`)
  print(`* is in ${folder}`)
  return EXIT.ok
}

export async function pull(name: string, flags: ModelFlags): Promise<ExitCode> {
  const folder = await modelsDir(flags)
  if (folder === null) return EXIT.failed
  using stop = listenForStop(() => complain('stopping'))
  const pulled = await pullModel(name, folder, { onProgress: showProgress(), signal: stop.signal })
  if (!pulled.ok) {
    complain(`${name}: ${pulled.error.message}`)
    return EXIT.failed
  }
  print(`${name} is in ${pulled.value}`)
  return EXIT.ok
}

/** One line that is rewritten on a terminal; a line per tenth otherwise. */
function showProgress(): (done: number, total: number | null) => void {
  let shown = -1
  return (done, total) => {
    const tenths = total === null ? Math.floor(done / 1e6) : Math.floor((10 * done) / total)
    if (tenths === shown) return
    shown = tenths
    const text =
      total === null ? `${(done / 1e6).toFixed(1)} MB` : `${Math.round((100 * done) / total)} % of ${(total / 1e6).toFixed(1)} MB`
    process.stderr.write(process.stderr.isTTY ? `\r${text} ` : `${text}\n`)
  }
}
