import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../../../lib/atomic-file.ts'

const ID = /^[0-9a-f]{8}$/

/**
 * By which Home Assistant knows this HomeSec again. Made once and kept: what the machine or its container is called may change, and
 * then all devices would come a second time. On a disk that takes nothing it is good until the next start.
 */
export async function bridgeId(folder: string): Promise<string> {
  const path = join(folder, 'home-assistant-id')
  try {
    const known = (await readFile(path, 'utf8')).trim()
    if (ID.test(known)) return known
  } catch {
    // The first start.
  }
  const made = randomBytes(4).toString('hex')
  await mkdir(folder, { recursive: true })
    .then(() => writeFileAtomic(path, `${made}\n`))
    .catch(() => undefined)
  return made
}
