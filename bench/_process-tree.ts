import { readdirSync, readFileSync } from 'node:fs'

/** What Linux says of one process, from /proc. */
export interface ProcessFacts {
  readonly pid: number
  readonly parent: number
  readonly name: string
  /** User and system time, that of its ended children included. */
  readonly cpuSeconds: number
  readonly rssMegabytes: number
}

/** The kernel's USER_HZ and page size on every machine that Node.js is built for. */
const TICKS_PER_SECOND = 100
const PAGE_MEGABYTES = 4096 / 1e6
/** Compiles what `tsx` runs: only here, never where HomeSec is installed. */
const COMPILER = 'esbuild'

/** A process and all below it, itself first. */
export function processTree(root: number): readonly ProcessFacts[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => factsOf(Number(name)))
    .filter((facts) => facts !== null)
  const tree = all.filter(({ pid }) => pid === root)
  for (let generation = tree; generation.length > 0;) {
    const parents = new Set(generation.map(({ pid }) => pid))
    generation = all.filter(({ parent, name }) => parents.has(parent) && name !== COMPILER)
    tree.push(...generation)
  }
  return tree
}

/** Time of a child that ended is kept by its parent, so that the sum never goes back. */
export function cpuSecondsOf(tree: readonly ProcessFacts[]): number {
  return tree.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0)
}

/** Null when it has ended meanwhile. */
function factsOf(pid: number): ProcessFacts | null {
  let text = ''
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null
  }
  // The name stands in parentheses and may hold anything; field 3 is the first behind it.
  const end = text.lastIndexOf(')')
  const fields = text
    .slice(end + 2)
    .split(' ')
    .map(Number)
  const field = (number: number) => fields[number - 3] ?? 0
  return {
    pid,
    parent: field(4),
    name: text.slice(text.indexOf('(') + 1, end),
    cpuSeconds: (field(14) + field(15) + field(16) + field(17)) / TICKS_PER_SECOND,
    rssMegabytes: field(24) * PAGE_MEGABYTES,
  }
}
