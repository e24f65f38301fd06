import { expect, test } from 'vitest'
import { aProfile } from '../testkit/found-cameras.ts'
import { chooseStreams } from './choose-streams.ts'

const chosen = (...profiles: ReturnType<typeof aProfile>[]) =>
  chooseStreams(profiles).map(({ main, detect }) => ({ main: main.name, detect: detect?.name ?? null }))

const large = aProfile({ name: 'large', width: 2560, height: 1440 })
const middle = aProfile({ name: 'middle', width: 1280, height: 720 })
const small = aProfile({ name: 'small', width: 640, height: 360 })
const tiny = aProfile({ name: 'tiny', width: 176, height: 144 })
const jpeg = aProfile({ name: 'jpeg', codec: 'JPEG', width: 4000, height: 3000 })

test.each([
  ['the largest is recorded, the smallest watched', [middle, large, small], [{ main: 'large', detect: 'small' }]],
  ['one that is too small to see by is not watched', [large, tiny], [{ main: 'large', detect: null }]],
  ['one alone is both', [small], [{ main: 'small', detect: null }]],
  ['what cannot be recorded is left out', [jpeg, small], [{ main: 'small', detect: null }]],
  ['H.265 can be recorded', [aProfile({ ...large, codec: 'H265' }), small], [{ main: 'large', detect: 'small' }]],
  ['of two alike the faster is recorded', [large, aProfile({ ...large, name: 'fast', fps: 30 })], [{ main: 'fast', detect: null }]],
  ['a profile without a stream is left out', [aProfile({ ...large, stream_uri: null }), small], [{ main: 'small', detect: null }]],
  [
    'the same stream under another size is not watched',
    [large, aProfile({ ...small, stream_uri: large.stream_uri })],
    [{ main: 'large', detect: null }],
  ],
  ['nothing is nothing', [jpeg], []],
])('%s', (_, profiles, expected) => {
  expect(chosen(...profiles)).toEqual(expected)
})

test('a recorder with several pictures is several cameras, and no stream of one watches another', () => {
  const second = (profile: typeof large) => aProfile({ ...profile, name: `${profile.name ?? ''}-2`, video_source: 'vs1' })
  expect(chosen(large, small, second(middle), second(tiny))).toEqual([
    { main: 'large', detect: 'small' },
    { main: 'middle-2', detect: null },
  ])
})

test('a stream on another host is used only if the device has none of its own', () => {
  const elsewhere = aProfile({ ...large, name: 'elsewhere', stream_host: '10.0.0.9' })
  expect(chosen(elsewhere, small)).toEqual([{ main: 'small', detect: null }])
  expect(chosen(elsewhere)).toEqual([{ main: 'elsewhere', detect: null }])
})
