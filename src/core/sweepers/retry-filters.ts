import type { Clock } from '../../contracts/clock.ts'
import type { ClipIndex } from '../clips/clip-index.ts'
import type { ClipIntake } from '../intake/clip-intake.ts'
import type { ClipRepository } from '../clips/clip-repository.ts'
import { DebtSweeper, type Payment } from './debt-sweeper.ts'
import { owesFilter } from '../clips/pipeline-debt.ts'

export interface FilterDebtDeps {
  readonly index: Pick<ClipIndex, 'owing'>
  readonly repository: Pick<ClipRepository, 'get' | 'hold'>
  readonly intake: Pick<ClipIntake, 'run'>
  readonly clock: Clock
  readonly random: () => number
  readonly firstDelayMs: number
}

/** Takes clips through the pipeline again whose detector was out of reach, behind the new ones. */
export function sweepFilters(deps: FilterDebtDeps): DebtSweeper {
  return new DebtSweeper({ ...deps, owing: () => deps.index.owing('filter'), pay: (clipId) => payFilter(clipId, deps) })
}

async function payFilter(clipId: string, { repository, intake }: FilterDebtDeps): Promise<Payment> {
  const held = await repository.hold(clipId)
  if (!held.ok) return 'hopeless'
  using _held = held.value
  await intake.run(clipId, 'backlog')
  const after = repository.get(clipId)
  return after === null || !owesFilter(after) ? 'paid' : 'refused'
}
