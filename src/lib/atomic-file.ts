import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { shareRuns } from './shared-run.ts'

/** What a write that was killed half-way leaves behind: safe to delete when no writer runs. */
export const TEMP_SUFFIX = '.tmp'

/**
 * Replaces the content of `path` so that a reader, or the next start after a power cut, finds either the old file or the new
 * one, whole. Durable when it resolves. Rejects with Node's error (`ENOSPC`, `EACCES`, …) and then leaves no temp file.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array | string): Promise<void> {
  // Unique, so that two writers of the same path cannot mix their bytes; the later rename wins.
  const temp = `${path}.${randomUUID().slice(0, 13)}${TEMP_SUFFIX}`
  try {
    await writeDurably(temp, bytes)
    await rename(temp, path)
  } catch (cause) {
    await rm(temp, { force: true }).catch(() => undefined)
    throw cause
  }
  await syncFolder(dirname(path))
}

/**
 * Makes names that were created, renamed or removed in `folder` survive a power cut. One sync covers all names that were there
 * when it began, so a busy moment costs two of them, not one per file.
 */
export const syncFolder: (folder: string) => Promise<void> = shareRuns(syncFolderNow)

async function syncFolderNow(folder: string): Promise<void> {
  // Windows cannot open a folder, and its file systems journal names themselves.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeDurably(path: string, bytes: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'wx')
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
