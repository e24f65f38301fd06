import type { Alert, AlertMedia } from '../../contracts/alert.ts'
import type { Notifier } from '../../contracts/notifier.ts'
import { ok } from '../../contracts/result.ts'
import type { Semaphore } from '../../lib/semaphore.ts'
import type { Stage } from '../stages/run-stage.ts'

/** A notifier with its name and its own slots, so that a slow one holds back nobody else. */
export interface NotifierSlot {
  readonly name: string
  readonly notifier: Pick<Notifier, 'send' | 'sendSystem' | 'showsPictures'>
  readonly slots: Semaphore
}

/** What goes with the alert; the receipt is the core's business. */
export type Enclosed = Pick<AlertMedia, 'thumbnail' | 'replaces'>

const LONGEST_RECEIPT = 1000

/** One alert to one notifier, as a stage. */
export function deliverAlert(
  { name, notifier, slots }: NotifierSlot,
  alert: Alert,
  enclosed: Enclosed,
  timeoutMs: number,
): Stage<'notify'> {
  return {
    name: 'notify',
    plugin: name,
    timeoutMs,
    slots,
    alertStage: alert.stage,
    attempt: async (signal) => {
      const heard: { receipt: string | null } = { receipt: null }
      const onReceipt = (receipt: unknown) => void (heard.receipt = usable(receipt))
      const sent = await notifier.send(alert, { ...enclosed, onReceipt }, signal)
      return sent.ok ? ok({ notifier: name, receipt: heard.receipt }) : sent
    },
  }
}

/** A receipt that breaks its contract is none: the message cannot be replaced then, but it was delivered. */
function usable(receipt: unknown): string | null {
  return typeof receipt === 'string' && receipt !== '' && receipt.length <= LONGEST_RECEIPT ? receipt : null
}
