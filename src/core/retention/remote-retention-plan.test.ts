import { expect, test } from 'vitest'
import { cpuMsOf } from '../../testkit/cpu-time.ts'
import { departures, type KeptClip } from './remote-retention-plan.ts'

const DAY_MS = 86_400_000
const NOW = 100 * DAY_MS

/** Ages in days; `!` marks a clip that must stay. Each has 10 bytes. */
function clips(...ages: (number | string)[]): KeptClip[] {
  return ages.map((age) => {
    const days = Number(String(age).replace('!', ''))
    return { clip_id: `day-${days}`, endMs: NOW - days * DAY_MS, bytes: 10, mayGo: !String(age).includes('!') }
  })
}

test.each([
  { why: 'there is no limit', ages: [90, 1], max_age_days: null, max_bytes: null, go: [] },
  { why: 'all are young enough', ages: [30, 1], max_age_days: 30, max_bytes: null, go: [] },
  { why: 'they are too old, oldest first', ages: [31, 5, 40], max_age_days: 30, max_bytes: null, go: ['40 age', '31 age'] },
  { why: 'they fit exactly', ages: [3, 2, 1], max_age_days: null, max_bytes: 30, go: [] },
  { why: 'one has to make room', ages: [2, 3, 1], max_age_days: null, max_bytes: 29, go: ['3 bytes'] },
  { why: 'as many go as it takes', ages: [2, 3, 1, 4], max_age_days: null, max_bytes: 19, go: ['4 bytes', '3 bytes', '2 bytes'] },
  { why: 'what goes by age makes room', ages: [40, 2, 1], max_age_days: 30, max_bytes: 20, go: ['40 age'] },
  { why: 'both limits are reached', ages: [40, 3, 2, 1], max_age_days: 30, max_bytes: 20, go: ['40 age', '3 bytes'] },
  { why: 'no newer one goes in place of one that stays', ages: ['40!', 3, 2], max_age_days: 30, max_bytes: 20, go: [] },
  { why: 'what stays counts all the same', ages: ['3!', 2, 1], max_age_days: null, max_bytes: 15, go: ['2 bytes'] },
  { why: 'the newest are not the price of a backlog', ages: ['5!', '4!', '3!', 2, 1], max_age_days: null, max_bytes: 20, go: [] },
  { why: 'nothing that may go is left', ages: ['3!', '2!'], max_age_days: null, max_bytes: 5, go: [] },
])('of $ages days, with $max_age_days days and $max_bytes bytes, $go go: $why', ({ ages, max_age_days, max_bytes, go }) => {
  const planned = departures(clips(...ages), { max_age_days, max_bytes }, NOW)
  expect(planned.filter(({ clip }) => clip.mayGo).map(({ clip, reason }) => `${clip.clip_id} ${reason}`)).toEqual(
    go.map((line) =>
      line.replace(/^(\d+) (\w+)$/, (_, day: string, limit: string) => `day-${day} max_${limit === 'age' ? 'age_days' : limit}`),
    ),
  )
})

test('of clips that ended together the lower name goes', () => {
  const twins = ['b', 'a'].map((clip_id) => ({ clip_id, endMs: 0, bytes: 10, mayGo: true }))
  expect(departures(twins, { max_age_days: null, max_bytes: 10 }, NOW).map(({ clip }) => clip.clip_id)).toEqual(['a'])
})

test('among a hundred thousand clips the few that go are found in well under the time a camera would notice', () => {
  const many = Array.from({ length: 100_000 }, (_, n) => ({ clip_id: `${n}`, endMs: (n * 7919) % 100_000, bytes: 10, mayGo: true }))
  let go: ReturnType<typeof departures> = []
  const costMs = cpuMsOf(() => (go = departures(many, { max_age_days: null, max_bytes: 999_950 }, NOW)))
  expect(go.map(({ clip }) => clip.endMs)).toEqual([0, 1, 2, 3, 4])
  expect(costMs).toBeLessThan(500)
})
