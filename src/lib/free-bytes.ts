import { statfs } from 'node:fs/promises'

/** What is free on the disk of the first of these folders that is there; null when none can be asked. */
export async function freeBytesAt(folders: readonly string[]): Promise<number | null> {
  for (const folder of folders) {
    try {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    } catch {
      // Not made yet, or its disk is gone: the next one is the best guess.
    }
  }
  return null
}
