import { expect, test } from 'vitest'
import { headerText } from './header-text.ts'

test.each([
  ['High risk at front_door: person', 'High risk at front_door: person'],
  ['Grüße', '=?UTF-8?B?R3LDvMOfZQ==?='],
  ['a\r\nX-Evil: 1', '=?UTF-8?B?YQ0KWC1FdmlsOiAx?='],
  ['=?UTF-8?B?AAAA?=', '=?UTF-8?B?PT9VVEYtOD9CP0FBQUE/PQ==?='],
  [' a', '=?UTF-8?B?IGE=?='],
  ['', ''],
])('%j becomes %j', (text, header) => {
  expect(headerText(text)).toBe(header)
})

test('a long text is many words of at most 75 characters, each of whole characters', () => {
  const text = `x${'🦊ü'.repeat(40)}`
  const words = headerText(text).split(' ')
  expect(words.every((word) => word.length <= 75)).toBe(true)
  const strict = new TextDecoder('utf-8', { fatal: true })
  expect(words.map((word) => strict.decode(Buffer.from(word.slice(10, -2), 'base64'))).join('')).toBe(text)
})
