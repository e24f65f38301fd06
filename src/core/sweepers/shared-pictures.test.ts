import { expect, test } from 'vitest'
import { aFilterResult } from '../../testkit/builders.ts'
import { aClipState } from '../../testkit/clip-states.ts'
import { SharedPictures } from './shared-pictures.ts'

const live = new AbortController().signal
const clip = aClipState({ filter_result: aFilterResult() })

function setUp() {
  const log: string[] = []
  const pictures = new SharedPictures({
    openFile: async ({ clip_id }) => {
      log.push(`fetched ${clip_id}`)
      return { path: '/tmp/clip.mp4', notFetched: null, [Symbol.asyncDispose]: async () => void log.push(`dropped ${clip_id}`) }
    },
    artifacts: {
      thumbnail: async ({ clip_id }) => {
        log.push(`drew ${clip_id}`)
        return Buffer.from(clip_id)
      },
    },
  })
  return { pictures, log }
}

test('whoever asks meanwhile gets the same picture, and the file goes with the last of them', async () => {
  const { pictures, log } = setUp()
  const [first, second] = [pictures.of(clip, live), pictures.of(clip, live)]
  expect(await first.jpeg).toBe(await second.jpeg)
  await first[Symbol.asyncDispose]()
  const third = pictures.of(clip, live)
  expect(await third.jpeg).toEqual(Buffer.from(clip.clip_id))
  expect(log).toEqual([`fetched ${clip.clip_id}`, `drew ${clip.clip_id}`])
  await Promise.all([second, third].map((picture) => picture[Symbol.asyncDispose]()))
  expect(log.at(-1)).toBe(`dropped ${clip.clip_id}`)
})

test('whoever asks afterwards, or for another clip, gets one of its own', async () => {
  const { pictures, log } = setUp()
  await pictures.of(clip, live)[Symbol.asyncDispose]()
  await using _again = pictures.of(clip, live)
  await using other = pictures.of(aClipState({ clip_id: 'other.mp4', filter_result: aFilterResult() }), live)
  expect(await other.jpeg).toEqual(Buffer.from('other.mp4'))
  expect(log.filter((line) => line.startsWith('fetched'))).toHaveLength(3)
})

test('a clip in which nobody looked for anything has none', async () => {
  const { pictures } = setUp()
  await using picture = pictures.of(aClipState({ filter_result: null }), live)
  expect(await picture.jpeg).toBeNull()
})
