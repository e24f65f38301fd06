import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'

/** Whether one of two folders lies in the other or is the same, links resolved. Neither needs to exist. */
export async function overlap(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([resolved(a), resolved(b)])
  return isWithin(first, second) || isWithin(second, first)
}

/** The same by the paths alone, without asking the disk: links are taken as they are written. */
export function overlapAsWritten(a: string, b: string): boolean {
  const [first, second] = [resolve(a), resolve(b)]
  return isWithin(first, second) || isWithin(second, first)
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

async function resolved(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await resolved(parent), basename(path))
  }
}
