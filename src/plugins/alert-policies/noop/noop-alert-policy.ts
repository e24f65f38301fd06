import type { AlertDecision } from '../../../contracts/alert.ts'
import type { AlertPolicy } from '../../../contracts/alert-policy.ts'

export class NoopAlertPolicy implements AlertPolicy {
  decide(): AlertDecision {
    return { notify: false, notify_reason: 'noop' }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
