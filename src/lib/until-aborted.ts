/** Resolves when `signal` aborts. Keeps the process alive meanwhile. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve()
      return
    }
    const alive = setTimeout(() => undefined, 2 ** 31 - 1)
    const finish = () => {
      clearTimeout(alive)
      resolve()
    }
    signal.addEventListener('abort', finish, { once: true })
  })
}
