import { describe, expect, test } from 'vitest'
import { createRedactor, redactDeep } from './redact.ts'

const SECRET = 'p@ss/w0rd"+ü'

describe('known secrets', () => {
  const redact = createRedactor([SECRET, 'hunter2hunter2'])

  test.each([
    ['as it is', SECRET],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['percent-encoded in lower case', encodeURIComponent(SECRET).toLowerCase()],
    ['form-encoded', new URLSearchParams({ a: SECRET }).toString().slice(2)],
    ['JSON-escaped', JSON.stringify(SECRET).slice(1, -1)],
    ['base64', Buffer.from(SECRET).toString('base64')],
    ['base64url', Buffer.from(SECRET).toString('base64url')],
    ['the password of a URL object', Object.assign(new URL('http://host'), { password: SECRET }).password],
  ])('are masked %s', (_, spelling) => {
    expect(redact(`before ${spelling} after`)).toMatch(/^before \*\*\*=* after$/)
  })

  test.each(['u', 'us', 'user', 'admin'])('are masked inside the Basic credentials of "%s"', (user) => {
    const basic = Buffer.from(`${user}:hunter2hunter2`).toString('base64')
    expect(redact(`x ${basic} y`)).toContain('***')
    expect(redact(`x ${basic} y`)).not.toContain(Buffer.from('hunter2').toString('base64').slice(0, 8))
  })

  test('are masked wherever they occur, as often as they occur', () => {
    expect(redact('hunter2hunter2,hunter2hunter2/xhunter2hunter2x')).toBe('***,***/x***x')
  })

  test('the longer of two goes first, so nothing of it is left', () => {
    expect(createRedactor(['abcd', 'abcdefgh'])('abcdefgh abcd')).toBe('*** ***')
  })

  test('under four characters are left alone', () => {
    expect(createRedactor(['', 'abc'])('abc def')).toBe('abc def')
  })

  test('with the signs of a regular expression are taken literally', () => {
    expect(createRedactor(['a.*(b)[c]'])('a.*(b)[c] aXX(b)c')).toBe('*** aXX(b)c')
  })

  test('that are URLs also hide the password alone, encoded or not', () => {
    const camera = createRedactor(['rtsp://admin:s3%40cret@192.168.1.5/stream'])
    expect(camera('401 for s3%40cret and s3@cret')).toBe('401 for *** and ***')
    expect(camera('open rtsp://admin:s3%40cret@192.168.1.5/stream')).toBe('open ***')
  })

  test('of several lines are masked line by line too', () => {
    const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END KEY-----\n'
    expect(createRedactor([key])('near MIIEvQIBADANBgkqhkiG9w0BAQ')).toBe('near ***')
  })
})

describe('credentials nobody named', () => {
  const redact = createRedactor([])

  test.each([
    ['rtsp://user:pass@host/x', 'rtsp://***:***@host/x'],
    ['rtsp://user:p@ss@host:554/x?a=1', 'rtsp://***:***@host:554/x?a=1'],
    ['rtsp://user:p@s/s#w?@host/x', 'rtsp://***:***@host/x'],
    ['rtsp://user:1234@host/x', 'rtsp://***:***@host/x'],
    ['postgres://:pw@host/db', 'postgres://***:***@host/db'],
    ['https://token12345@example.org/', 'https://***@example.org/'],
    ['"rtsp://u:p@h/a" and <ftp://v:q@i/b>', '"rtsp://***:***@h/a" and <ftp://***:***@i/b>'],
    ['https://h/x?token=abc&size=1&api_key=def#f', 'https://h/x?token=***&size=1&api_key=***#f'],
    ['--password=abc, access_token=def', '--password=***, access_token=***'],
    ['key=abc', 'key=***'],
    ['Authorization: Bearer abc.def-123456', 'Authorization: Bearer ***'],
    ['authorization: Basic dXNlcjpwYXNz', 'authorization: Basic ***'],
  ])('%s', (text, clean) => {
    expect(redact(text)).toBe(clean)
  })

  test.each([
    'https://host:8080/users/@me',
    'http://[::1]:8080/a@b',
    'https://host/path?mail=a@b.c',
    'mail to a@b.c about x',
    'dedupe_key=front_door_1.mp4',
    'keyframe=1 monkey=2',
    'prompt_tokens=12',
    'front_door_1767225600.mp4 uploaded in 12 ms',
  ])('leaves alone: %s', (text) => {
    expect(redact(text)).toBe(text)
  })

  test('hostile text is not slower than its length', () => {
    const hostile = 'a://b:'.repeat(20_000) + 'token_'.repeat(20_000) + '='.repeat(1000)
    expect(redact(hostile)).toHaveLength(hostile.length)
  })
})

describe('whatever is logged', () => {
  const redact = createRedactor(['hunter2hunter2'])

  test('is cleaned at every depth, keys included', () => {
    const logged = { a: ['x hunter2hunter2', { hunter2hunter2: 1 }], m: new Map([['k', new Set(['hunter2hunter2'])]]), n: 5, z: null }
    expect(redactDeep(logged, redact)).toEqual({ a: ['x ***', { '***': 1 }], m: { k: ['***'] }, n: 5, z: null })
  })

  test('fields named like a secret are masked whatever they hold; names of variables and counts are not', () => {
    const logged = {
      password: 'a',
      api_key: 'b',
      bot_token: 'c',
      dsn: 'd',
      token_env: 'TOKEN',
      dedupe_key: 'x',
      prompt_tokens: 3,
      token: 3,
    }
    expect(redactDeep(logged, redact)).toEqual({
      ...{ password: '***', api_key: '***', bot_token: '***', dsn: '***' },
      ...{ token_env: 'TOKEN', dedupe_key: 'x', prompt_tokens: 3, token: 3 },
    })
  })

  test('errors are cleaned with message, stack, cause and own fields', () => {
    const error = Object.assign(new Error('no hunter2hunter2', { cause: new Error('inner hunter2hunter2') }), {
      url: 'a://b:c@d',
      code: 'E',
    })
    const clean = redactDeep({ err: error }, redact)
    expect(JSON.stringify(clean)).not.toContain('hunter2')
    expect(clean).toMatchObject({
      err: { name: 'Error', message: 'no ***', url: 'a://***:***@d', code: 'E', cause: { message: 'inner ***' } },
    })
  })

  test('a cycle, great depth and bytes end in a word', () => {
    const cycle: Record<string, unknown> = { bytes: new Uint8Array(3) }
    cycle['self'] = cycle
    expect(redactDeep(cycle, redact)).toEqual({ bytes: '[3 bytes]', self: '[circular]' })
    const deep = JSON.parse('{"a":'.repeat(50) + '1' + '}'.repeat(50)) as unknown
    expect(JSON.stringify(redactDeep(deep, redact))).toContain('[too deep]')
  })

  test('dates stay dates', () => {
    const at = new Date(0)
    expect(redactDeep({ at }, redact)).toEqual({ at })
  })
})
