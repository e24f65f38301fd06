import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SystemAlerts } from '../core/alerts/system-alerts.ts'
import type { BuiltCamera } from './build-plugins.ts'

/** Where a source keeps clips that are not whole yet, inside its state folder. */
const RECORDINGS = 'recordings'

/** Tells the owner of footage that nobody will finish: its camera was renamed, removed, switched off or cannot be set up. */
export async function reportStrayRecordings(
  dataDir: string,
  cameras: readonly Pick<BuiltCamera, 'name' | 'broken'>[],
  alerts: Pick<SystemAlerts, 'raise'>,
): Promise<void> {
  const sources = join(dataDir, 'state', 'source')
  const works = new Set(cameras.filter(({ broken }) => broken === null).map(({ name }) => name))
  for (const name of await namesIn(sources)) {
    if (works.has(name)) continue
    const folder = join(sources, name, RECORDINGS)
    const count = (await namesIn(folder)).length
    if (count === 0) continue
    const message = `${count} recordings of the camera ${name} wait in ${folder}, but no camera of this name is recorded now. Set it up again under this name and they become clips, or delete the folder.`
    alerts.raise({ code: 'clip_not_taken', severity: 'warning', message, camera_name: null, clip_id: null }, folder)
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => [])
}
