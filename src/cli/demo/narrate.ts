import { join } from 'node:path'
import type { App } from '../../app/run-app.ts'
import type { ClipEvent } from '../../contracts/clip-events.ts'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import { print } from '../terminal.ts'

/** Says each step as it happens; resolves when the first alert is out and its clip is done. */
export function narrate(app: Pick<App, 'subscribe'>, storageRoot: string): Promise<void> {
  return new Promise((resolve) => {
    app.subscribe((event, state) => {
      const line = describe(event, state, storageRoot)
      if (line !== null) print(line)
      if (event.event_type === 'clip_finished' && state.alert_sent_at !== null) resolve()
    })
  })
}

function describe(event: ClipEvent, state: ClipStateData, storageRoot: string): string | null {
  switch (event.event_type) {
    case 'clip_recorded':
      return `recorded   ${event.clip_id}, ${state.duration_s.toFixed(1)} s, ${Math.round(state.size_bytes / 1000)} kB`
    case 'upload_completed':
      return `stored     ${event.storage_uri} in ${event.duration_ms} ms`
    case 'filter_completed':
      return `found      ${found(state)}, in ${event.duration_ms} ms`
    case 'filter_failed':
    case 'upload_failed':
      return `failed     ${event.event_type}: ${event.error.message}${event.will_retry ? '; trying again' : ''}`
    case 'vlm_skipped':
      return `judged     not by a language model (${event.reason}): none is configured here`
    case 'alert_decision_made':
      return `decided    ${event.alert_decision.notify ? 'alert' : 'no alert'}, because ${event.alert_decision.notify_reason}`
    case 'notification_sent':
      return `alerted    through ${event.notifier}${picture(state, storageRoot)}`
    case 'clip_finished':
      return `done       status ${state.status}`
    default:
      return null
  }
}

function found({ filter_result }: ClipStateData): string {
  if (filter_result === null || filter_result.detected_classes.length === 0) return 'nothing'
  const { detected_classes, confidence, model, first_hit_s, sampled_frames } = filter_result
  return `${detected_classes.join(', ')} (${confidence.toFixed(2)}) at second ${first_hit_s ?? 0}; ${model} looked at ${sampled_frames} frames`
}

function picture({ thumbnail_uri }: ClipStateData, storageRoot: string): string {
  return thumbnail_uri === null ? '' : `, with its picture: ${join(storageRoot, thumbnail_uri.replace(/^local:/, ''))}`
}
