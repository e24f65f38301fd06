import { expect, test } from 'vitest'
import { explainStartFailure } from './start-failure.ts'

const SURROUNDINGS = [
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', 'unavailable'],
  ['FATAL:  lock file "postmaster.pid" already exists\nHINT:  Is another postmaster (PID 12) running', 'unavailable'],
  ['FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use', 'unavailable'],
  ['FATAL:  could not create any Unix-domain sockets', 'unavailable'],
  ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'unavailable'],
  ['PANIC:  could not read file "global/pg_control": Input/output error', 'unavailable'],
  ['postgres: error while loading shared libraries: libicuuc.so.60: cannot open', 'rejected'],
  ['"root" execution of the PostgreSQL server is not permitted.\nThe server must be started under an unprivileged user ID', 'rejected'],
  ['FATAL:  data directory "/x/db" has wrong ownership', 'rejected'],
] as const

for (const [output, kind] of SURROUNDINGS) {
  test(`not the files' fault: ${output.slice(0, 60)}`, () => {
    expect(explainStartFailure(output)).toMatchObject({ cause: 'surroundings', kind })
  })
}

const DAMAGE = [
  'FATAL:  incorrect checksum in control file',
  'PANIC:  could not locate a valid checkpoint record at 0/174B300',
  'FATAL:  could not open directory "pg_notify": No such file or directory',
  'FATAL:  database files are incompatible with server',
  '',
]
for (const output of DAMAGE) {
  test(`the files are damaged: ${output || 'it says nothing'}`, () => {
    expect(explainStartFailure(output)).toEqual({ cause: 'damaged_files' })
  })
}
