import type { Clock } from '../../contracts/clock.ts'
import { orAborted } from '../../lib/deadline.ts'
import { every } from '../../lib/every.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import type { HeldAlerts } from './held-alerts.ts'
import type { LastSent } from './last-sent.ts'
import { digestText, dueNow } from './quiet-digest.ts'
import type { RoutingRules } from './route-alert.ts'
import type { SystemAlerts } from './system-alerts.ts'

export interface QuietDigestDeps {
  readonly held: Pick<HeldAlerts, 'from' | 'forget'>
  readonly repository: Pick<ClipRepository, 'hold' | 'record'>
  readonly alerts: Pick<SystemAlerts, 'tellOnly'>
  /** By notifier; all that are told anything are in it. */
  readonly rules: ReadonlyMap<string, RoutingRules>
  readonly lastSent: Pick<LastSent, 'of'>
  /** Settles when the clips of earlier runs are known; nothing is told before, as it would be told in pieces. */
  readonly knownClips: Promise<void>
  readonly clock: Clock
  readonly onError: (cause: unknown) => void
}

const LOOK_EVERY_MS = 30_000
/** A notifier that does not take its digest is not asked at each look: ten minutes. */
const MOST_LOOKS_APART = 20

/**
 * Tells each notifier, in one message, what was held back from it, as soon as that may be told. What is owed stands in the journals, so
 * it survives a restart; what was taken is marked there and not told again.
 */
export function sendQuietDigests(deps: QuietDigestDeps): AsyncDisposable {
  const refusals = new Map<string, { readonly times: number; readonly looksToSkip: number }>()

  const tell = async (notifier: string, rules: RoutingRules, signal: AbortSignal) => {
    const lastSent = (camera: string) => deps.lastSent.of(notifier, camera)
    const due = dueNow(deps.held.from(notifier), rules, { now: deps.clock.now(), lastSent })
    if (due.length === 0) return
    const { times, looksToSkip } = refusals.get(notifier) ?? { times: 0, looksToSkip: 0 }
    if (looksToSkip > 0) {
      refusals.set(notifier, { times, looksToSkip: looksToSkip - 1 })
      return
    }
    const message = digestText(due, rules.quietHours?.timeZone ?? null)
    const news = { code: 'quiet_digest', severity: 'info', message, camera_name: null, clip_id: null } as const
    if (!(await deps.alerts.tellOnly(notifier, news, signal))) {
      refusals.set(notifier, { times: times + 1, looksToSkip: Math.min(2 ** times, MOST_LOOKS_APART) })
      return
    }
    refusals.delete(notifier)
    for (const { clip_id } of due) await mark(clip_id, notifier, deps)
  }

  const look = async (signal: AbortSignal) => {
    if (signal.aborted) return
    await Promise.all([...deps.rules].map(([notifier, rules]) => tell(notifier, rules, signal)))
  }
  const stop = new AbortController()
  // What became due while HomeSec was down is late already.
  const first = untilKnown(deps.knownClips, stop.signal)
    .then(() => look(stop.signal))
    .catch(deps.onError)
  const later = async (signal: AbortSignal) => {
    await first
    await look(signal)
  }
  const looking = every(LOOK_EVERY_MS, deps.clock, later, deps.onError)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all([first, looking[Symbol.asyncDispose]()])
    },
  }
}

async function untilKnown(clips: Promise<void>, signal: AbortSignal): Promise<void> {
  await orAborted(clips, signal).catch(() => undefined)
}

async function mark(clipId: string, notifier: string, { repository, held }: QuietDigestDeps): Promise<void> {
  // Whatever becomes of its journal: the same message for ever would be worse.
  held.forget(notifier, clipId)
  const loaded = await repository.hold(clipId)
  if (!loaded.ok) return
  using _loaded = loaded.value
  repository.record(clipId, { event_type: 'notification_digested', notifier })
}
