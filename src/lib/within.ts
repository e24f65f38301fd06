/** Waits for `work`, but no longer than `ms` and not past `signal`; tells whether `work` settled in time. `work` must not reject. */
export async function within(work: Promise<unknown>, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false
  return new Promise((resolve) => {
    const finish = (settled: boolean) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      resolve(settled)
    }
    const onAbort = () => finish(false)
    const timer = setTimeout(finish, ms, false)
    signal.addEventListener('abort', onAbort, { once: true })
    void work.then(
      () => finish(true),
      () => finish(true),
    )
  })
}
