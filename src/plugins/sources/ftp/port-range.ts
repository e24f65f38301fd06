import { err, ok, type Result } from '../../../contracts/result.ts'

const MAX_PORT = 65_535
/** More than this many are never used at once. */
const MAX_PORTS = 10_000

/** Ports as an owner writes them: `60000-60010`, `60000, 60010` or `60000`. Nothing written means none in particular. */
export function parsePortRange(text: string | null): Result<readonly number[], string> {
  if (text === null || text.trim() === '') return ok([])
  const ports = new Set<number>()
  for (const part of text.split(',')) {
    const [, first, last] = /^\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?$/.exec(part) ?? []
    if (first === undefined) return err('use ports such as "60000-60010" or "60000, 60010"')
    const [from, to] = [Number(first), Number(last ?? first)]
    if (from < 1 || to > MAX_PORT) return err(`ports are between 1 and ${MAX_PORT}`)
    if (from > to) return err(`"${part.trim()}" runs backwards; write the smaller port first`)
    if (to - from >= MAX_PORTS) return err(`${MAX_PORTS} ports are more than enough`)
    for (let port = from; port <= to; port += 1) ports.add(port)
  }
  return ok([...ports])
}
