/** A file as the client that sent it may see it. */
export interface ListedFile {
  readonly name: string
  readonly size_bytes: number
  readonly modified: Date
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** As `ls -l` writes it, in UTC: what every client can read. */
export function asLongList(files: readonly ListedFile[]): string {
  return lines(
    files.map(({ name, size_bytes, modified }) => {
      const day = String(modified.getUTCDate()).padStart(2)
      const time = modified.toISOString().slice(11, 16)
      return `-rw------- 1 camera camera ${String(size_bytes).padStart(12)} ${MONTHS[modified.getUTCMonth()] ?? ''} ${day} ${time} ${name}`
    }),
  )
}

export function asNames(files: readonly ListedFile[]): string {
  return lines(files.map(({ name }) => name))
}

/** As RFC 3659 has it. */
export function asFacts(files: readonly ListedFile[]): string {
  return lines(files.map(factsOf))
}

export function factsOf({ name, size_bytes, modified }: ListedFile): string {
  return `type=file;size=${size_bytes};modify=${ftpTime(modified)};perm=f; ${name}`
}

export function ftpTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace(/[-:T]/g, '')
}

function lines(each: readonly string[]): string {
  return each.map((line) => `${line}\r\n`).join('')
}
