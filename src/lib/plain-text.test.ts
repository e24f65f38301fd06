import { expect, test } from 'vitest'
import { plainText } from './plain-text.ts'

test.each([
  ['ordinary text stays', 'A person – with a 🐕 – at the door.', 'A person – with a 🐕 – at the door.'],
  ['colours go', '\u001b[31mred\u001b[0m', 'red'],
  ['a terminal title is not set', 'a\u001b]0;owned\u0007b', 'ab'],
  ['the screen is not cleared', '\u001b[2J\u001b[Hx', 'x'],
  ['eight-bit escapes go', '\u009b31mred', 'red'],
  ['lines are joined', 'one\r\ntwo\u2028three', 'one two three'],
  ['backspaces and bells go', 'a\b\u0007b', 'a b'],
  ['the reading direction is not turned', 'abc\u202etxt.exe', 'abctxt.exe'],
  ['zero-width characters go', 'a\u200bb\ufeff', 'ab'],
  ['half characters go', 'a\ud800b', 'ab'],
])('%s', (_name, hostile, harmless) => {
  expect(plainText(hostile)).toBe(harmless)
})

test('a text that is too long ends in an ellipsis, never in half a character', () => {
  expect(plainText('🐕🐕🐕🐕', 5)).toBe('🐕🐕…')
  expect(plainText('🐕🐕🐕🐕', 4)).toBe('🐕…')
  expect(plainText('abc', 3)).toBe('abc')
  expect(plainText('x'.repeat(1_000_000), 300)).toHaveLength(300)
})
