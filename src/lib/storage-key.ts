const MAX_KEY_LENGTH = 512
/** Segments that begin so belong to a backend's own bookkeeping (markers, unfinished uploads). */
export const RESERVED_SEGMENT_PREFIX = '.homesec-'

/** Why `key` cannot name a stored object, or null when it can. The same rules for every storage backend. */
export function storageKeyProblem(key: string): string | null {
  if (key.length === 0) return 'the key is empty'
  if (key.length > MAX_KEY_LENGTH) return `the key is longer than ${MAX_KEY_LENGTH} characters`
  if (key.includes('\0')) return 'the key has a NUL'
  if (key.includes('\\')) return 'the key has a backslash'
  if (key.startsWith('/')) return 'the key is absolute'
  for (const segment of key.split('/')) {
    // Empty and `.` segments would give one object two names.
    if (segment === '' || segment === '.' || segment === '..') return `the key has the segment "${segment}"`
    if (segment.startsWith(RESERVED_SEGMENT_PREFIX)) return `names that begin with "${RESERVED_SEGMENT_PREFIX}" are reserved`
  }
  return null
}
