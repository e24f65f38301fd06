import type { ErrorKind } from '../../contracts/errors.ts'

/** Why a server did not start: something around it that can change, or its files. */
export type StartFailure =
  { readonly cause: 'surroundings'; readonly kind: ErrorKind; readonly reason: string } | { readonly cause: 'damaged_files' }

/** What Postgres, initdb and the loader say (in English: we set the locale). All that is not in the table is taken for damage. */
const SURROUNDINGS: readonly (readonly [RegExp, ErrorKind, string])[] = [
  [/No space left on device|Disk quota exceeded/, 'unavailable', 'no space left for the database'],
  [/Read-only file system/, 'unavailable', 'the file system of the database is read-only'],
  [
    /lock file ".*" already exists|shared memory block .* is still in use|is still in use/,
    'unavailable',
    'another server is still using the database folder',
  ],
  [
    /Address already in use|could not create any Unix-domain sockets|could not bind Unix/,
    'unavailable',
    'the socket of the database is in use',
  ],
  [
    /Cannot allocate memory|out of memory|could not (create|map|resize) .*shared memory/i,
    'unavailable',
    'not enough memory for the database',
  ],
  [/Too many open files|could not fork|Resource temporarily unavailable/, 'unavailable', 'the system has no room for another process'],
  [/Input\/output error/, 'unavailable', 'the disk of the database has read or write errors'],
  [
    /error while loading shared libraries|Library not loaded|GLIBC/,
    'rejected',
    'a library that the database needs is missing; set database.dsn_env to use another server',
  ],
  [
    /cannot be run as root|must be started under an unprivileged/,
    'rejected',
    'Postgres refuses to run as root; run HomeSec as a normal user',
  ],
  [
    /wrong ownership|invalid permissions|Permission denied|Operation not permitted/,
    'rejected',
    'the database folder belongs to another user; give it to the user that HomeSec runs as',
  ],
  [/unrecognized configuration parameter|invalid value for parameter/, 'bug', 'the database does not know one of our settings'],
]

export function explainStartFailure(output: string): StartFailure {
  const match = SURROUNDINGS.find(([pattern]) => pattern.test(output))
  return match === undefined ? { cause: 'damaged_files' } : { cause: 'surroundings', kind: match[1], reason: match[2] }
}
