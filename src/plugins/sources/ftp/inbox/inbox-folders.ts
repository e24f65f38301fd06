import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { safeName } from './upload-name.ts'

/** Why a file is kept aside instead of becoming a clip. */
export type AsideReason = 'aborted' | 'snapshots' | 'other'

export interface InboxFolders {
  /** Uploads under way. */
  readonly incoming: string
  /** Whole uploads that wait to be handed over, each with its name in a file beside it. */
  readonly ready: string
  readonly aside: Readonly<Record<AsideReason, string>>
}

export function inboxFolders(root: string): InboxFolders {
  const aside = join(root, 'aside')
  return {
    incoming: join(root, 'incoming'),
    ready: join(root, 'ready'),
    aside: { aborted: join(aside, 'aborted'), snapshots: join(aside, 'snapshots'), other: join(aside, 'other') },
  }
}

export async function makeInboxFolders({ incoming, ready, aside }: InboxFolders): Promise<void> {
  for (const folder of [incoming, ready, ...Object.values(aside)]) await mkdir(folder, { recursive: true })
}

const FILE_NAME = /^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z-[0-9a-f]{8})_(.+)$/

/**
 * What an upload is called on disk: an id of ours that sorts by time, then a harmless piece of its name, for people who look. No client
 * chooses a path, and none meets another's file.
 */
export function newFileName(originalName: string, now: Date): string {
  const stamp = now.toISOString().replace(/[:.]/g, '-')
  return `${stamp}-${randomBytes(4).toString('hex')}_${safeName(originalName)}`
}

/** The parts of such a name; null for a file that is not ours. */
export function partsOfFileName(fileName: string): { readonly id: string; readonly name: string } | null {
  const [, id, name] = FILE_NAME.exec(fileName) ?? []
  return id === undefined || name === undefined ? null : { id, name }
}
