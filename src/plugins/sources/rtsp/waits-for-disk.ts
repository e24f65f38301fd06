import { readFile } from 'node:fs/promises'

/**
 * Whether a process is held up in the kernel, as one is that writes to a disk that does not answer: not even SIGKILL ends it then.
 * Linux only; elsewhere nobody can tell and the answer is no.
 */
export async function waitsForDisk(pid: number | null): Promise<boolean> {
  if (pid === null) return false
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // `pid (name) state …`; the name may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('D')
  } catch {
    return false
  }
}
