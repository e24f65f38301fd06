import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BudgetLedger, limitReached, nothingSpent } from './vlm-budget.ts'

describe('the daily budget', () => {
  const usage = { model: 'm', prompt_tokens: 60, completion_tokens: 40, cost_usd: 0.5 }
  const noon = (day: number) => new Date(2026, 0, day, 12)
  const path = async () => join(await mkdtemp(join(tmpdir(), 'homesec-budget-')), 'vlm-budget.json')

  test.each([
    [{ usd: 1 }, 2, 'usd'],
    [{ tokens: 200 }, 2, 'tokens'],
    [{ clips: 2 }, 2, 'clips'],
    [{ usd: 1, tokens: 1000, clips: 10 }, 1, null],
    [{}, 100, null],
  ] as const)('%j is reached after %i answers: %s', async (budget, answers, reached) => {
    const ledger = new BudgetLedger(await path())
    for (let nth = 0; nth < answers; nth += 1) await ledger.add(usage, noon(1))
    expect(limitReached(budget, ledger.spent, '2026-01-01')).toBe(reached)
    expect(limitReached(budget, ledger.spent, '2026-01-02')).toBeNull()
  })

  test('survives a restart, whatever order the writes end in, and begins anew each day', async () => {
    const file = await path()
    const ledger = new BudgetLedger(file)
    await Promise.all([1, 2, 3, 4, 5].map(() => ledger.add(usage, noon(1))))
    const next = new BudgetLedger(file)
    await next.load()
    expect(next.spent).toEqual({ day: '2026-01-01', usd: 2.5, tokens: 500, clips: 5 })
    await next.add(usage, noon(2))
    expect(next.spent.clips).toBe(1)
  })

  test('what was spent before the file was read counts too, and a damaged file costs at most a day', async () => {
    const file = await path()
    await writeFile(file, JSON.stringify({ day: '2026-01-01', usd: 1, tokens: 10, clips: 3 }))
    const ledger = new BudgetLedger(file)
    const adding = ledger.add(usage, noon(1))
    await ledger.load()
    await adding
    expect(ledger.spent.clips).toBeGreaterThanOrEqual(1)
    await writeFile(file, '{')
    const damaged = new BudgetLedger(file)
    await damaged.load()
    expect(damaged.spent).toEqual(nothingSpent(''))
  })
})
