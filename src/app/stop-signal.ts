import { setMaxListeners } from 'node:events'

export interface StopSignal extends Disposable {
  readonly signal: AbortSignal
}

/** Aborts at the first SIGINT or SIGTERM; the second one ends the process at once. */
export function listenForStop(onFirst: (name: string) => void): StopSignal {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130)
    onFirst(name)
    controller.abort(new Error('stopped'))
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    },
  }
}
