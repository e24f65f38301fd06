import { codeOf, messageOf, pluginError, type ErrorKind, type PluginError } from '../../../contracts/errors.ts'

const KIND_BY_CODE: Readonly<Record<string, ErrorKind>> = {
  ENOENT: 'invalid',
  ENOTDIR: 'invalid',
  EISDIR: 'invalid',
  EEXIST: 'invalid',
  ENOTEMPTY: 'invalid',
  ENAMETOOLONG: 'invalid',
  ELOOP: 'invalid',
  EACCES: 'rejected',
  EPERM: 'rejected',
  EROFS: 'rejected',
}
/** What the owner can do; `unavailable` like every other errno: full, busy or broken disks come back. */
const ADVICE_BY_CODE: Readonly<Record<string, string>> = {
  ENOSPC: 'the storage disk is full; free some space',
  EDQUOT: 'the quota of the storage disk is used up; free some space',
  EROFS: 'the storage disk is mounted read-only',
  EACCES: 'HomeSec may not write there; change the owner or the permissions',
}

export function toPluginError(cause: unknown): PluginError {
  const code = codeOf(cause)
  if (!/^E[A-Z0-9]+$/.test(code)) return pluginError('bug', messageOf(cause), cause)
  const advice = ADVICE_BY_CODE[code]
  return pluginError(
    KIND_BY_CODE[code] ?? 'unavailable',
    advice === undefined ? messageOf(cause) : `${advice} (${messageOf(cause)})`,
    cause,
  )
}
