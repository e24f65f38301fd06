/** Standard output for people and programs; the log goes to standard error. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

export function complain(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** One object per line, and nothing else on standard output. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value))
}
