import { expect, test } from 'vitest'
import { challengeHeader, checkDigest, digestResponse, parseDigest } from './digest.ts'

// The example of RFC 2617.
const challenge = { realm: 'testrealm@host.com', nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093' }
const credentials = { username: 'Mufasa', password: 'Circle Of Life' }
const request = { method: 'GET', uri: '/dir/index.html' }
const client = { nc: '00000001', cnonce: '0a4f113b' }

test('answers are those of the RFC, with and without qop', () => {
  expect(digestResponse(request, challenge, credentials, { ...client, qop: 'auth' })).toBe('6629fae49393a05397450978507c4ef1')
  expect(digestResponse(request, challenge, credentials, { ...client, qop: null })).toBe('670fd8c2df070c60b045671b8b24ff02')
})

const answer = (changes: Readonly<Record<string, string>> = {}) => {
  const fields = {
    username: credentials.username,
    realm: challenge.realm,
    nonce: challenge.nonce,
    uri: request.uri,
    response: digestResponse(request, challenge, credentials, { ...client, qop: null }),
    ...changes,
  }
  return `Digest ${Object.entries(fields)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`
}

test.each([
  ['the right answer', answer(), 'right'],
  [
    'the right answer to qop',
    `${answer({ response: '6629fae49393a05397450978507c4ef1' })}, qop=auth, nc=00000001, cnonce="0a4f113b"`,
    'right',
  ],
  ['no answer', undefined, 'wrong'],
  ['another scheme', 'Basic TXVmYXNhOkNpcmNsZSBPZiBMaWZl', 'wrong'],
  ['another user', answer({ username: 'Simba' }), 'wrong'],
  ['a wrong response', answer({ response: '0'.repeat(32) }), 'wrong'],
  ['a short response', answer({ response: '' }), 'wrong'],
  ['the answer for another address', answer({ uri: '/other' }), 'wrong'],
  ['the answer to an old question', answer({ nonce: 'old' }), 'stale'],
] as const)('%s', (_what, header, verdict) => {
  expect(checkDigest(header, request, challenge, credentials)).toBe(verdict)
})

test('the answer for one method is no answer for another', () => {
  expect(checkDigest(answer(), { ...request, method: 'DESCRIBE' }, challenge, credentials)).toBe('wrong')
})

test('quoted values keep their commas, equals signs and escaped quotes', () => {
  expect(parseDigest('digest username="a, b=\\"c\\"",nc=1 , uri="/x?y=1&z"')).toEqual(
    new Map([
      ['username', 'a, b="c"'],
      ['nc', '1'],
      ['uri', '/x?y=1&z'],
    ]),
  )
})

test('the question has qop only where it is wanted', () => {
  expect(challengeHeader(challenge, { qop: false, stale: false })).toBe(`Digest realm="${challenge.realm}", nonce="${challenge.nonce}"`)
  expect(challengeHeader(challenge, { qop: true, stale: true })).toMatch(/, qop="auth", algorithm=MD5, stale=true$/)
})
