import { expect, test } from 'vitest'
import { apiFailure, refusesToken } from './api-failure.ts'

const now = new Date('2026-01-01T00:00:00Z')
const failure = (status: number, text: string, headers: Record<string, string> = {}) =>
  apiFailure({ status, headers, text }, 'make a new one', now)
const json = (error_summary: string, error: object = {}) => JSON.stringify({ error_summary, error })

test.each<[number, string, string, string]>([
  [401, json('expired_access_token/..'), 'rejected', 'has expired; make a new one'],
  [401, json('invalid_access_token/'), 'rejected', 'does not accept the token; make a new one'],
  [401, json('missing_scope/.', { required_scope: 'files.content.write' }), 'rejected', 'lacks the permission files.content.write'],
  [401, json('missing_scope/.', { required_scope: 'Evil <b> words' }), 'rejected', 'lacks a permission it needs'],
  [401, 'nonsense', 'rejected', 'does not accept the token'],
  [400, 'Error in call: The given OAuth 2 access token is malformed.', 'rejected', 'does not accept the token'],
  [400, 'Error in call: something else', 'invalid', 'answered 400'],
  [403, json('invalid_account_type/endpoint/..'), 'rejected', 'kind of Dropbox account'],
  [409, json('path/insufficient_space/...'), 'unavailable', 'account is full'],
  [409, json('path/conflict/folder/...'), 'invalid', 'in the way'],
  [409, json('path/malformed_path/...'), 'invalid', '`root`'],
  [409, json('path/disallowed_name/'), 'invalid', 'name'],
  [409, json('path/no_write_permission/.'), 'rejected', 'read-only'],
  [409, json('path/not_found/.'), 'invalid', 'does not exist'],
  [409, json('too_many_write_operations/.'), 'unavailable', 'at once'],
  [409, json('content_hash_mismatch/.'), 'unavailable', 'damaged'],
  [409, json('something_of_tomorrow/.'), 'invalid', 'answered 409'],
  [429, json('too_many_requests/..', { reason: { '.tag': 'too_many_requests' } }), 'unavailable', 'fewer requests'],
  [429, 'plain text', 'unavailable', 'fewer requests'],
  [500, '<html>', 'unavailable', 'answered 500'],
  [503, '', 'unavailable', 'answered 503'],
])('%i %s is %s', (status, text, kind, words) => {
  const { error } = failure(status, text)
  expect(error.kind).toBe(kind)
  expect(error.message).toContain(words)
})

test.each<[Record<string, string>, object, number | undefined]>([
  [{ 'retry-after': '7' }, {}, 7000],
  [{ 'retry-after': '7' }, { retry_after: 300 }, 7000],
  [{}, { retry_after: 300 }, 300_000],
  [{}, {}, undefined],
])('what a 429 asks to wait: header %j, body %j', (headers, error, waitMs) => {
  expect(failure(429, json('too_many_requests/', error), headers).error.retryAfterMs).toBe(waitMs)
})

test('the offset of a session is found in both places where Dropbox puts it', () => {
  expect(failure(409, json('incorrect_offset/..', { correct_offset: 5 })).correctOffset).toBe(5)
  expect(failure(409, json('lookup_failed/incorrect_offset/..', { lookup_failed: { correct_offset: 6 } })).correctOffset).toBe(6)
  expect(failure(409, json('incorrect_offset/..', { correct_offset: -5 })).correctOffset).toBeNull()
})

test("Dropbox's own words never reach the owner, as they may repeat what we sent", () => {
  expect(JSON.stringify(failure(400, 'you sent sl.secret').error)).not.toContain('sl.secret')
  expect(JSON.stringify(failure(409, json('path/sl.secret/'), {}).error)).not.toContain('sl.secret')
})

test.each([
  ['expired_access_token', true],
  ['invalid_access_token', true],
  ['missing_scope', false],
  ['path/not_found', false],
])('whether another token helps against %s: %s', (tag, helps) => expect(refusesToken({ tag })).toBe(helps))
