/** The pattern of WritePath in https://github.com/dropbox/dropbox-api-spec/blob/main/files.stone */
export const PATH_PATTERN = /^(?:(?:\/(?:.|[\r\n])*)|(?:ns:[0-9]+(?:\/.*)?))$/

const DISALLOWED = new Set(['desktop.ini', 'thumbs.db', '.ds_store', 'icon\r', '.dropbox', '.dropbox.attr', '.dropbox.cache'])

/** Why Dropbox would not take this path: https://help.dropbox.com/organize/file-names; null when it would. */
export function pathComplaint(path: string): 'malformed_path' | 'disallowed_name' | null {
  const segments = path.slice(1).split('/')
  const malformed = segments.some(
    (segment) =>
      segment === '' ||
      segment === '.' ||
      segment === '..' ||
      segment.length > 255 ||
      segment.endsWith(' ') ||
      // Not of the Basic Multilingual Plane: emoji and the like.
      /[\u0000-\u001f\u007f\\\ud800-\udfff]/.test(segment),
  )
  if (malformed) return 'malformed_path'
  return segments.some((segment) => DISALLOWED.has(segment.toLowerCase())) ? 'disallowed_name' : null
}

export function parentsOf(path: string): string[] {
  const segments = path.slice(1).split('/').slice(0, -1)
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`)
}
