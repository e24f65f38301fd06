import type { VlmAnalyzer } from '../contracts/analyzer.ts'
import { pluginError } from '../contracts/errors.ts'
import type { Notifier } from '../contracts/notifier.ts'
import { err } from '../contracts/result.ts'
import type { ClipSource } from '../contracts/source.ts'

/** Stands in for a camera whose plugin could not be built: down, and it says why. The other cameras go on. */
export function brokenSource(reason: string): ClipSource {
  return {
    start: async () => undefined,
    health: () => ({ state: 'down', detail: reason, last_heartbeat: null }),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** Stands in for a notifier that could not be built. */
export function brokenNotifier(reason: string): Notifier {
  const refuse = async () => err(pluginError('rejected', reason))
  return { send: refuse, sendSystem: refuse, ping: refuse, [Symbol.asyncDispose]: async () => undefined }
}

/** Stands in for an analyzer that could not be built: each analysis fails once, and the alert goes out without it. */
export function brokenAnalyzer(reason: string): VlmAnalyzer {
  const refuse = async () => err(pluginError('rejected', reason))
  return { analyze: refuse, ping: refuse, [Symbol.asyncDispose]: async () => undefined }
}
