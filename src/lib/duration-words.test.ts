import { expect, test } from 'vitest'
import { durationWords } from './duration-words.ts'

test.each([
  [-5, '0 s'],
  [0, '0 s'],
  [10_400, '10 s'],
  [60_000, '60 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [7_199_000, '119 min'],
  [7_200_000, '2 h'],
  [11_100_000, '3 h 5 min'],
  [86_400_000, '1 d'],
  [180_000_000, '2 d 2 h'],
])('%d ms are %s', (ms, words) => {
  expect(durationWords(ms)).toBe(words)
})
