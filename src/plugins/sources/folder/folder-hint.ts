import { watch, type FSWatcher } from 'node:fs'
import type { Clock } from '../../../contracts/clock.ts'

/** Wakes a waiter when the system says that something happened in a folder. May miss anything, may be wrong. */
export interface FolderHint {
  /** From now on listens here. `id` tells a folder from its successor of the same name; the same one again costs nothing. */
  watch(folder: string, id: string): void
  /** Wakes the waiter. */
  nudge(): void
  /** Resolves after `ms`, at a hint, or when `signal` aborts; at once if there was a hint since the last wait. */
  wait(ms: number, signal: AbortSignal): Promise<void>
  /** Stops listening, until `watch`. */
  close(): void
}

export function folderHint(clock: Pick<Clock, 'sleep'>): FolderHint {
  let watcher: FSWatcher | null = null
  let watchedId = ''
  let hinted = false
  let wake: (() => void) | null = null

  const nudge = () => {
    hinted = true
    wake?.()
  }
  const close = () => {
    watcher?.close()
    watcher = null
  }

  return {
    nudge,
    close,
    watch(folder, id) {
      if (watcher !== null && id === watchedId) return
      close()
      watchedId = id
      try {
        watcher = watch(folder, { persistent: false }, nudge)
        // A folder that is deleted ends the watch; the next look notices and begins another.
        watcher.on('error', close)
      } catch {
        watcher = null // too many watches, or a file system without: polling does
      }
    },
    async wait(ms, signal) {
      if (hinted || ms <= 0 || signal.aborted) {
        hinted = false
        return
      }
      const waiting = new AbortController()
      wake = () => waiting.abort()
      signal.addEventListener('abort', wake, { once: true })
      await clock.sleep(ms, waiting.signal)
      signal.removeEventListener('abort', wake)
      wake = null
      hinted = false
    },
  }
}
