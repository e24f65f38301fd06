import { expect, test } from 'vitest'
import { settle } from '../testkit/fake-clock.ts'
import { shareRuns } from './shared-run.ts'

interface Run {
  readonly key: string
  readonly finish: () => void
  readonly fail: (cause: Error) => void
}

function recordedRuns(): { readonly runs: Run[]; readonly share: (key: string) => Promise<void> } {
  const runs: Run[] = []
  const share = shareRuns((key) => new Promise((finish, fail) => runs.push({ key, finish, fail })))
  return { runs, share }
}

test('callers during a run share the next one, and never the one under way', async () => {
  const { runs, share } = recordedRuns()
  const ended: string[] = []
  for (const caller of ['first', 'second', 'third']) void share('a').then(() => ended.push(caller))
  expect(runs).toHaveLength(1)
  runs[0]?.finish()
  await settle()
  expect(ended).toEqual(['first'])
  expect(runs).toHaveLength(2)
  runs[1]?.finish()
  await settle()
  expect(ended).toEqual(['first', 'second', 'third'])
  expect(runs).toHaveLength(2)
})

test('a caller after the end starts anew', async () => {
  const { runs, share } = recordedRuns()
  void share('a')
  runs[0]?.finish()
  await settle()
  void share('a')
  expect(runs).toHaveLength(2)
})

test('different keys do not wait for each other', () => {
  const { runs, share } = recordedRuns()
  void share('a')
  void share('b')
  expect(runs.map(({ key }) => key)).toEqual(['a', 'b'])
})

test('a failure reaches those who shared that run, and nobody else', async () => {
  const { runs, share } = recordedRuns()
  const first = share('a').then(
    () => 'fine',
    (cause: unknown) => String(cause),
  )
  const second = share('a').then(() => 'fine')
  runs[0]?.fail(new Error('disk gone'))
  expect(await first).toBe('Error: disk gone')
  await settle()
  runs[1]?.finish()
  expect(await second).toBe('fine')
})
