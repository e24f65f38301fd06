const MAX_DEPTH = 32
const MAX_LENGTH = 2000

/**
 * Where a path of the client leads in the folders it believes in. They exist in name only: nothing of it ever becomes a path on disk.
 * Null when it is too long or too deep, or no text.
 */
export function resolveVirtual(cwd: string, path: string): string | null {
  if (path.length > MAX_LENGTH || path.includes('\0')) return null
  const segments: string[] = path.startsWith('/') ? [] : parts(cwd)
  for (const segment of parts(path)) {
    if (segment === '..') segments.pop()
    else if (segment !== '.') segments.push(segment)
  }
  const resolved = `/${segments.join('/')}`
  return segments.length > MAX_DEPTH || resolved.length > MAX_LENGTH ? null : resolved
}

function parts(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

/** The folder of a path, and its last part. */
export function splitVirtual(path: string): { readonly folder: string; readonly name: string } {
  const cut = path.lastIndexOf('/')
  return { folder: cut <= 0 ? '/' : path.slice(0, cut), name: path.slice(cut + 1) }
}
