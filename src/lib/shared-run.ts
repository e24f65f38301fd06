interface Current {
  readonly running: Promise<void>
  next: Promise<void> | null
}

/**
 * Lets callers who want the same done at the same time share one run. A caller never gets a run that began before its call, as
 * that may have missed what it is about; those who come during a run wait for the next one together.
 */
export function shareRuns(run: (key: string) => Promise<void>): (key: string) => Promise<void> {
  const current = new Map<string, Current>()

  const start = (key: string): Promise<void> => {
    const mine: Current = { running: run(key), next: null }
    current.set(key, mine)
    const forget = () => {
      if (mine.next === null) current.delete(key)
    }
    mine.running.then(forget, forget)
    return mine.running
  }

  return (key) => {
    const under = current.get(key)
    if (under === undefined) return start(key)
    const begin = () => start(key)
    under.next ??= under.running.then(begin, begin)
    return under.next
  }
}
