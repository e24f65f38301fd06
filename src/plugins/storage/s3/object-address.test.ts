import { expect, test } from 'vitest'
import { keyOf, objectName, publicUrl, uriOf } from './object-address.ts'

const HOME = { bucket: 'clips', prefix: 'home' }
const invalid = { ok: false, error: { kind: 'invalid' } }

test('an address and its key belong together, with a prefix and without', () => {
  for (const place of [HOME, { bucket: 'clips', prefix: '' }]) {
    const uri = uriOf(place, 'front/a b#1.mp4')
    expect(uri.ok && keyOf(place, uri.value)).toEqual({ ok: true, value: 'front/a b#1.mp4' })
  }
  expect(uriOf(HOME, 'front/a.mp4')).toEqual({ ok: true, value: 's3://clips/home/front/a.mp4' })
  expect(objectName(HOME, 'front/a.mp4')).toEqual({ ok: true, value: 'home/front/a.mp4' })
})

test.each(['s3://other/home/a.mp4', 's3://clips/homestead/a.mp4', 's3://clips/a.mp4', 's3://clips/home/', 's3://clips/home/../a.mp4'])(
  'the address %s is not ours',
  (uri) => expect(keyOf(HOME, uri)).toMatchObject(invalid),
)

test('a public link encodes the key', () => {
  expect(publicUrl('https://cdn.example.net/x/', 'front/a b#1.mp4')).toBe('https://cdn.example.net/x/front/a%20b%231.mp4')
})
