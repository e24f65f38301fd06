import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { settle } from '../../../testkit/fake-clock.ts'
import { FrameReader } from './frame-reader.ts'
import { GreyFrames } from './grey-frames.ts'
import { GREY_BYTES } from './grey-size.ts'

test('frames are cut from chunks of any size', () => {
  for (const size of [1, 3, 4, 7, 100]) {
    const frames: number[][] = []
    const cutter = new GreyFrames(4, (frame) => frames.push([...frame]))
    const bytes = Uint8Array.from({ length: 11 }, (_, index) => index)
    for (let from = 0; from < bytes.length; from += size) cutter.push(bytes.subarray(from, from + size))
    expect(frames).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ])
  }
})

test('a frame has the time that was told before it; one that is read first goes on without', async () => {
  const [frames, times] = [new PassThrough(), new PassThrough()]
  const seen: (number | null)[] = []
  new FrameReader(frames, times, (_pixels, ptsMs) => seen.push(ptsMs))
  times.write('frame:0    pts:0       pts_time:0.2\nseen=1\n')
  await settle()
  frames.write(Buffer.alloc(GREY_BYTES))
  await settle()
  frames.write(Buffer.alloc(GREY_BYTES))
  await settle()
  times.write('frame:1    pts:0       pts_time:0.4\nseen=1\nframe:2    pts:0       pts_time:NOPTS\nframe:3 pts:1 pts_time:0.8\n')
  await settle()
  frames.write(Buffer.alloc(2 * GREY_BYTES))
  await settle()
  expect(seen).toEqual([200, null, null, 800])
})
