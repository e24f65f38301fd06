import { expect, test } from 'vitest'
import { pageSql } from './clip-filter-sql.ts'

const until = '2026-01-02T00:00:00.000Z'
const cursor = (start_ts: string) => ({ start_ts, clip_id: 'door_1767225600.mp4' })

test('a page that is past `until` is bounded by its cursor alone, where the index is to begin', () => {
  expect(pageSql({ until }, cursor('2026-01-01T23:59:59.999Z'), 10, null).values).not.toContain(until)
})

test.each([
  ['the first page', null],
  ['a cursor at `until`', cursor(until)],
  ['a cursor within the same millisecond', cursor('2026-01-02T00:00:00.000400Z')],
  ['a cursor after `until`', cursor('2026-01-03T00:00:00.000Z')],
])('%s keeps `until`', (_name, from) => {
  expect(pageSql({ until }, from, 10, null).values).toContain(until)
})

test('few matches are fetched by their ids first, and every other condition is asked of them alone', () => {
  const { text, values } = pageSql({ q: 'ladder', camera: 'door' }, cursor(until), 10, ['a_1.mp4', 'b_2.mp4'])
  const [fetched, asked] = text.split(') SELECT')
  expect(fetched).toContain(`clip_id = ANY ($${values.length})`)
  expect(fetched).not.toContain('start_ts <=')
  expect(asked).toContain('camera_name = $1')
  expect(values.at(-1)).toEqual(['a_1.mp4', 'b_2.mp4'])
})
