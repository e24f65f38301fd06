import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** All that a run of tests leaves in the system's folder for temporary files goes with it. A short name: sockets lie in there. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env['HOMESEC_TEST_TMP'] !== undefined) return undefined // another group of tests of this run has made it
  const folder = await mkdtemp(join(tmpdir(), 'hs-'))
  await chmod(folder, 0o1777) // servers that give up root work in there too
  process.env['HOMESEC_TEST_TMP'] = process.env['TMPDIR'] = folder
  return async () => {
    // What a killed test has mounted in there cannot be removed; that is no reason to fail.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined)
  }
}
