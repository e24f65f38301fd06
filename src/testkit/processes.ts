import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A program that runs on this machine, as Linux tells of it. */
export interface RunningProcess {
  readonly pid: number
  readonly parent: number
  readonly cwd: string
  readonly command: readonly string[]
}

/** All that can be looked at; one that ends meanwhile is left out. */
export function runningProcesses(): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1)
        // A dead one that nobody has asked about yet has no command any more.
        return command.length === 0 ? [] : [{ pid: Number(name), parent: parentOf(name), cwd: readlinkSync(`/proc/${name}/cwd`), command }]
      } catch {
        return []
      }
    })
}

/** The second field behind the name, which may hold anything and ends with the last bracket. */
function parentOf(name: string): number {
  const status = readFileSync(`/proc/${name}/stat`, 'utf8')
  return Number(status.slice(status.lastIndexOf(')')).split(' ')[2])
}

/** Processes that work in this folder or below it; also when it is gone. */
export function processesIn(folder: string): RunningProcess[] {
  return runningProcesses().filter(({ cwd }) => `${cwd.replace(/ \(deleted\)$/, '')}/`.startsWith(`${folder}/`))
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
