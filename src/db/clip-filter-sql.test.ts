import { expect, test } from 'vitest'
import { pageSql, wordsQuery } from './clip-filter-sql.ts'

test('every word of a search is a prefix, and nothing else of it reaches the query language', () => {
  expect(wordsQuery('Front door')).toBe('front:* & door:*')
  expect(wordsQuery(`a & !b | (c <-> d):* '"\\`)).toBe('a:* & b:* & c:* & d:*')
  expect(wordsQuery(' !?& ')).toBeNull()
})

test('no value stands in the text of a statement', () => {
  const filter = {
    camera: 'canary',
    status: 'done',
    risk_level: 'low',
    activity_type: 'canary',
    since: 'canary',
    until: 'canary',
    q: 'canary',
  } as const
  const { text } = pageSql(filter, { start_ts: 'canary', clip_id: 'canary' }, 10, ['canary'])
  expect(text).not.toContain('canary')
})
