import { expect, test } from 'vitest'
import { bytesOf, fitLines } from './fit-lines.ts'

test('what fits stays as it is', () => {
  expect(fitLines(['abc', 'de'], 6)).toEqual(['abc', 'de'])
  expect(fitLines([], 6)).toEqual([])
})

test('the longest line is cut, and the others are kept', () => {
  expect(fitLines(['a long summary', 'when'], 15)).toEqual(['a long su…', 'when'])
})

test.each([40, 41, 42, 43, 100])('the limit of %i holds in bytes too, without half characters', (most) => {
  const text = fitLines(['🦊'.repeat(100), 'Grüße', 'x'], most, bytesOf).join('\n')
  expect(bytesOf(text)).toBeLessThanOrEqual(most)
  expect(text).toMatch(/^🦊+…\nGrüße\nx$/u)
})

test('when nothing is left to shorten, lines are dropped from the end', () => {
  expect(fitLines(['ab', 'cd', 'ef'], 4)).toEqual(['…', '…'])
  expect(fitLines(['ab'], 0)).toEqual([])
})
