import type { AlertStage } from '../../contracts/alert.ts'
import type { ClipFact, StoredError } from '../../contracts/clip-events.ts'
import type { StageName, StageOutputs } from '../../contracts/stages.ts'

export interface Run {
  readonly attempt: number
  /** The plugin, or the notifier's own name. */
  readonly plugin: string
  /** What is delivered, where it is an alert. */
  readonly alertStage: AlertStage
}
export interface Ended extends Run {
  readonly duration_ms: number
}

interface StageFacts<N extends StageName> {
  started(run: Run): ClipFact
  completed(run: Ended, output: StageOutputs[N]): ClipFact
  failed(run: Ended, error: StoredError, will_retry: boolean): ClipFact
}

/** Which fact each stage leaves in the journal when it starts, completes and fails. */
export const STAGE_FACTS: { readonly [N in StageName]: StageFacts<N> } = {
  upload: {
    started: ({ attempt }) => ({ event_type: 'upload_started', attempt }),
    completed: ({ attempt, duration_ms }, output) => ({ event_type: 'upload_completed', attempt, duration_ms, ...output }),
    failed: ({ attempt, duration_ms }, error, will_retry) => ({ event_type: 'upload_failed', attempt, duration_ms, error, will_retry }),
  },
  filter: {
    started: ({ attempt }) => ({ event_type: 'filter_started', attempt }),
    completed: ({ attempt, duration_ms }, filter_result) => ({ event_type: 'filter_completed', attempt, duration_ms, filter_result }),
    failed: ({ attempt, duration_ms }, error, will_retry) => ({ event_type: 'filter_failed', attempt, duration_ms, error, will_retry }),
  },
  vlm: {
    started: ({ attempt }) => ({ event_type: 'vlm_started', attempt }),
    completed: ({ attempt, duration_ms }, { analysis, usage }) => ({
      event_type: 'vlm_completed',
      attempt,
      duration_ms,
      analysis_result: analysis,
      usage,
    }),
    failed: ({ attempt, duration_ms }, error, will_retry) => ({ event_type: 'vlm_failed', attempt, duration_ms, error, will_retry }),
  },
  notify: {
    started: (run) => ({ event_type: 'notification_started', attempt: run.attempt, ...delivery(run) }),
    completed: ({ duration_ms, ...run }, { notifier, receipt }) => ({
      event_type: 'notification_sent',
      attempt: run.attempt,
      duration_ms,
      ...delivery({ ...run, plugin: notifier }),
      ...(receipt === null ? {} : { receipt }),
    }),
    failed: ({ duration_ms, ...run }, error, will_retry) => ({
      event_type: 'notification_failed',
      attempt: run.attempt,
      duration_ms,
      ...delivery(run),
      error,
      will_retry,
    }),
  },
}

function delivery({ plugin, alertStage }: Run): { readonly notifier: string; readonly alert_stage?: AlertStage } {
  return alertStage === 'verdict' ? { notifier: plugin } : { notifier: plugin, alert_stage: alertStage }
}
