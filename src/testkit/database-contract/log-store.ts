import { expect, test } from 'vitest'
import type { LogStore } from '../../contracts/repository.ts'
import { signal, valueOf } from './rows.ts'

export function logTests(logs: () => LogStore): void {
  test('log lines go by age, then the oldest beyond the number', async () => {
    const ages = [10, 5, 3, 2, 1] // in hours, before the clock's now
    const now = Date.now()
    const rows = ages.map((hours) => ({
      ts: new Date(now - hours * 3_600_000).toISOString(),
      level: 'info' as const,
      message: `${hours} h ago`,
      clip_id: null,
      camera_name: null,
      fields: { hours },
    }))
    valueOf(await logs().append(rows, signal))
    expect(valueOf(await logs().prune({ maxAgeMs: 4 * 3_600_000, maxRows: 100 }, signal))).toBe(2)
    expect(valueOf(await logs().prune({ maxAgeMs: 4 * 3_600_000, maxRows: 1 }, signal))).toBe(2)
    expect(valueOf(await logs().prune({ maxAgeMs: 4 * 3_600_000, maxRows: 1 }, signal))).toBe(0)
  })
}
