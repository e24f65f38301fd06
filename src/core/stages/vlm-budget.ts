import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { VlmUsage } from '../../contracts/analysis.ts'
import { writeFileAtomic } from '../../lib/atomic-file.ts'

export interface DailyBudget {
  readonly usd?: number | undefined
  readonly tokens?: number | undefined
  readonly clips?: number | undefined
}

const SpentSchema = z.object({ day: z.string(), usd: z.number(), tokens: z.number(), clips: z.number() })
export type Spent = Readonly<z.infer<typeof SpentSchema>>

export function nothingSpent(day: string): Spent {
  return { day, usd: 0, tokens: 0, clips: 0 }
}

export function spend(spent: Spent, usage: VlmUsage, day: string): Spent {
  const before = spent.day === day ? spent : nothingSpent(day)
  return {
    day,
    usd: before.usd + (usage.cost_usd ?? 0),
    tokens: before.tokens + usage.prompt_tokens + usage.completion_tokens,
    clips: before.clips + 1,
  }
}

/** What an earlier run spent, and what this one did before it knew. */
function sum(earlier: Spent, ours: Spent): Spent {
  if (ours.day === '') return earlier
  if (ours.day !== earlier.day) return ours
  const { day, usd, tokens, clips } = ours
  return { day, usd: usd + earlier.usd, tokens: tokens + earlier.tokens, clips: clips + earlier.clips }
}

/** The limit that is reached, or null. Pure. */
export function limitReached(budget: DailyBudget, spent: Spent, day: string): 'usd' | 'tokens' | 'clips' | null {
  if (spent.day !== day) return null
  const reached = (['usd', 'tokens', 'clips'] as const).find((unit) => spent[unit] >= (budget[unit] ?? Infinity))
  return reached ?? null
}

/** The day in the owner's time zone, `2026-01-31`. */
export function dayOf(now: Date): string {
  const pad = (part: number) => String(part).padStart(2, '0')
  return `${now.getFullYear()}-${pad(now.getMonth() + 1)}-${pad(now.getDate())}`
}

/** What was spent today; survives a restart through a small file. Losing that file costs at most one day's budget again. */
export class BudgetLedger {
  readonly #path: string
  #spent: Spent = nothingSpent('')
  #saving: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  get spent(): Spent {
    return this.#spent
  }

  async load(): Promise<void> {
    try {
      const parsed = SpentSchema.safeParse(JSON.parse(await readFile(this.#path, 'utf8')))
      if (parsed.success) this.#spent = sum(parsed.data, this.#spent)
    } catch {
      // Missing at the first start, or damaged: the day begins anew.
    }
  }

  async add(usage: VlmUsage, now: Date): Promise<void> {
    this.#spent = spend(this.#spent, usage, dayOf(now))
    // One after the other: a slower write must not bring back an older sum.
    this.#saving = this.#saving.then(() => writeFileAtomic(this.#path, JSON.stringify(this.#spent)).catch(() => undefined))
    await this.#saving // what cannot be saved is counted in memory all the same
  }
}
