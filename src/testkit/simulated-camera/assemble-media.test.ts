import { expect, test } from 'vitest'
import { assembleMedia } from './assemble-media.ts'
import { parseFrameList } from './frame-list.ts'

const SETS = '00000001674d001f000001680e'
const video = (pictures: ReadonlyArray<readonly [decode: number, shown: number, key: boolean]>) => {
  const units = pictures.map(([, , key], at) => Buffer.from(`${key ? SETS : ''}00000165a${at.toString(16)}`, 'hex'))
  const frames = pictures.map(([decode, shown, key], at) => ({
    decodeMs: decode,
    shownMs: shown,
    durationMs: 100,
    bytes: units[at]?.length ?? 0,
    key,
  }))
  return { bytes: Buffer.concat(units), frames }
}

// As an encoder with one B-frame makes it: sent 0 2 1 4 3, the first one before its time.
const reordered = video([
  [-100, 0, true],
  [0, 200, false],
  [100, 100, false],
  [200, 400, true],
  [300, 300, false],
])

test('frames are sent in decoding order from 0 on, and numbered in the order they are shown', () => {
  const media = assembleMedia('h264', reordered, null)
  expect(media?.units.map(({ sendMs, shownMs, index, key }) => [sendMs, shownMs, index, key])).toEqual([
    [0, 0, 0, true],
    [100, 200, 2, false],
    [200, 100, 1, false],
    [300, 400, 4, true],
    [400, 300, 3, false],
  ])
  expect(media).toMatchObject({ durationMs: 500, fps: 10, audio: null })
  expect(media?.parameterSets.map((set) => set.toString('hex'))).toEqual(['674d001f', '680e'])
})

test('what comes before the first keyframe is left out', () => {
  const { bytes, frames } = reordered
  const media = assembleMedia('h264', { bytes, frames: frames.map((frame, at) => ({ ...frame, key: at === 3 })) }, null)
  expect(media?.units.map(({ sendMs, shownMs, index }) => [sendMs, shownMs, index])).toEqual([
    [0, 100, 1],
    [100, 0, 0],
  ])
  expect(assembleMedia('h264', { bytes, frames: frames.map((frame) => ({ ...frame, key: false })) }, null)).toBeNull()
})

test('sound lies between the pictures, and none before or after them', () => {
  const frames = [-50, 0, 150, 499, 500].map((shownMs) => ({ bytes: Buffer.from([1]), shownMs }))
  const media = assembleMedia('h264', reordered, { format: { codec: 'pcma', sampleRateHz: 8000 }, frames })
  expect(media?.units.map(({ track, sendMs }) => `${track} ${sendMs}`)).toEqual([
    'video 0',
    'audio 0',
    'video 100',
    'audio 150',
    'video 200',
    'video 300',
    'video 400',
    'audio 499',
  ])
})

test('a frame list is read with its time base and flags', () => {
  const list = [
    '#software: Lavf',
    '#tb 0: 1/90000',
    '0,  -9000,   0,  9000,  15603, 0xccea3bc2',
    '0, 0, 36000, 9000, 257, 0x41, F=0x0, S=1, 16',
    '',
  ]
  expect(parseFrameList(list.join('\n'))).toEqual([
    { decodeMs: -100, shownMs: 0, durationMs: 100, bytes: 15_603, key: true },
    { decodeMs: 0, shownMs: 400, durationMs: 100, bytes: 257, key: false },
  ])
  expect(parseFrameList('#tb 0: 1/90000\nsomething else')).toBeNull()
  expect(parseFrameList('')).toBeNull()
})
