/** Aborts `controller` as soon as `signal` does, until disposed. */
export function followAbort(controller: AbortController, signal: AbortSignal): Disposable {
  const stop = () => controller.abort(signal.reason)
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', stop) }
}
