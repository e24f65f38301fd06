import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../../../contracts/errors.ts'
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
  } catch (cause) {
    // What cannot be read now may be read at the next start: it must not be written over.
    if (codeOf(cause) !== 'ENOENT') return made()
  }
  const id = made()
  await mkdir(folder, { recursive: true })
    .then(() => writeFileAtomic(path, `${id}\n`))
    .catch(() => undefined)
  return id
}

function made(): string {
  return randomBytes(4).toString('hex')
}
