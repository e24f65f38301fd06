import { describe, expect, test } from 'vitest'
import { msUntilComplete, type Moment, type SeenFile } from './completeness.ts'
import { startFromName } from './name-time.ts'

const NOW = Date.parse('2026-01-01T12:00:00Z')
const STABILITY_MS = 5000
const aFile = (changes: Partial<SeenFile> = {}): SeenFile => ({
  ...{ path: '/v/x.mp4', relative: 'x.mp4', size: 100, ino: 1 },
  ...{ mtimeMs: NOW - 1000, ctimeMs: NOW - 1000, birthtimeMs: NOW - 2000 },
  ...changes,
})
const at: Moment = { monotonicMs: 100_000, wallMs: NOW, previousLookMs: NOW - 4000 }
const seen = (file: SeenFile, agoMs: number) => ({ identity: file, sinceMs: at.monotonicMs - agoMs })

describe('a file is complete', () => {
  test.each([
    ['not at first sight', aFile(), undefined, 5000],
    ['not before it stayed the same long enough', aFile(), seen(aFile(), 4999), 1],
    ['once it stayed the same long enough', aFile(), seen(aFile(), 5000), 0],
    ['not if it grew', aFile({ size: 101 }), seen(aFile(), 9000), 5000],
    ['not if it was written to', aFile({ mtimeMs: NOW - 10 }), seen(aFile(), 9000), 5000],
    ['not if it is another file', aFile({ ino: 2 }), seen(aFile(), 9000), 5000],
    ['at first sight if it is long since written', aFile({ mtimeMs: NOW - 60_000 }), undefined, 0],
    ['later if it is empty', aFile({ size: 0 }), seen(aFile({ size: 0 }), 5000), 10_000],
    ['even if it stays empty, so that somebody is told', aFile({ size: 0 }), seen(aFile({ size: 0 }), 15_000), 0],
    ['not by rename if it is empty', aFile({ size: 0, birthtimeMs: NOW - 9000, ctimeMs: NOW - 500 }), undefined, 15_000],
    ['at first sight if it came by rename', aFile({ birthtimeMs: NOW - 9000, ctimeMs: NOW - 500 }), undefined, 0],
    ['not by rename if it may have been made here', aFile({ birthtimeMs: NOW - 3500, ctimeMs: NOW - 500 }), undefined, 5000],
    ['not by rename if its last change was a write', aFile({ birthtimeMs: NOW - 9000 }), undefined, 5000],
    ['not by rename where the file system keeps no birth times', aFile({ birthtimeMs: 0, ctimeMs: NOW - 500 }), undefined, 5000],
  ])('%s', (_, file, sighting, wait) => {
    expect(msUntilComplete(file, sighting, at, STABILITY_MS)).toBe(wait)
  })

  test('by rename only if an earlier look missed it', () => {
    const moved = aFile({ birthtimeMs: NOW - 9000, ctimeMs: NOW - 500 })
    expect(msUntilComplete(moved, undefined, { ...at, previousLookMs: null }, STABILITY_MS)).toBe(5000)
  })

  test('not after a minute, when it must stay the same for longer', () => {
    expect(msUntilComplete(aFile({ mtimeMs: NOW - 90_000 }), undefined, at, 120_000)).toBe(120_000)
  })
})

describe('the start of a recording, from the name', () => {
  test.each([
    ['front_door_1767225600.mp4', '2026-01-01T00:00:00.000Z'],
    ['front_door_1767225600_2.mp4', '2026-01-01T00:00:00.000Z'],
    ['cam-2026-01-01T10-20-30Z.mkv', '2026-01-01T10:20:30.000Z'],
    ['20260101T102030Z.mp4', '2026-01-01T10:20:30.000Z'],
    ['20260101_102030.mp4', null],
    ['2026-13-41T99-99-99Z.mp4', null],
    ['serial_9999999999.mp4', null],
    ['x.mp4', null],
  ])('%s', (name, start) => {
    expect(startFromName(name, new Date(NOW))).toBe(start)
  })
})
