import { describe, expect, test } from 'vitest'
import { finishedName, isUnfinishedName, kindOf, originalName, safeName } from './upload-name.ts'

describe('the original name', () => {
  test.each([
    ['/a.mp4', 'a.mp4'],
    ['/2026/01/a b.mp4', 'a b.mp4'],
    ['/x\\..\\win.mp4', 'win.mp4'],
    ['/..', 'unnamed'],
    ['/', 'unnamed'],
    ['/a\u202eb\u0007.mp4', 'ab.mp4'],
    ['/\u001b[31mred.mp4', 'red.mp4'],
    ['/日本 ü.mp4', '日本 ü.mp4'],
    ['/.mp4', '.mp4'],
  ])('of %j is %j', (path, name) => {
    expect(originalName(path)).toBe(name)
  })

  test('keeps its ending when it is cut', () => {
    const name = originalName(`/${'x'.repeat(1500)}.mp4`)
    expect(name).toHaveLength(200)
    expect(name.endsWith('.mp4')).toBe(true)
  })
})

test.each([
  ['a b.mp4', 'a_b.mp4'],
  ['../x', '__x'],
  ['-rf', '_rf'],
  ['.hidden', '_hidden'],
  ['日本.mp4', '__.mp4'],
  ['', 'unnamed'],
])('on disk %j is called %j', (name, safe) => {
  expect(safeName(name)).toBe(safe)
})

test.each([
  ['a.mp4', ['.mp4'], 'clip'],
  ['A.MP4', ['.mp4'], 'clip'],
  ['a.JPG', ['.mp4'], 'snapshot'],
  ['a.jpeg', [], 'snapshot'],
  ['a.jpg', ['.jpg'], 'clip'],
  ['a.txt', ['.mp4'], 'other'],
  ['a.txt', [], 'clip'],
  ['noending', ['.mp4'], 'other'],
  ['noending', [], 'clip'],
  ['.mp4', ['.mp4'], 'clip'],
] as const)('%s, where %j are clips, is: %s', (name, extensions, kind) => {
  expect(kindOf(name, extensions)).toBe(kind)
})

test.each([
  ['a.mp4.tmp', true, 'a.mp4'],
  ['a.MP4.PART', true, 'a.MP4'],
  ['a.avi_', true, 'a.avi'],
  ['a.mp4~', true, 'a.mp4'],
  ['_', true, '_'],
  ['a.mp4', false, 'a.mp4'],
  ['a_b.mp4', false, 'a_b.mp4'],
])('%s, still to be renamed: %s, was to be called %s', (name, isUnfinished, finished) => {
  expect(isUnfinishedName(name)).toBe(isUnfinished)
  expect(finishedName(name)).toBe(finished)
})
