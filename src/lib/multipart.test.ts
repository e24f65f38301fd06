import { expect, test } from 'vitest'
import { readForm } from '../testkit/read-form.ts'
import { multipart } from './multipart.ts'

test('a reader finds the same fields and bytes', () => {
  const picture = Uint8Array.of(255, 216, 0, 13, 10, 45, 45, 255, 217)
  const { contentType, body } = multipart([
    { name: 'caption', content: 'Grüße\nzweite Zeile' },
    { name: 'files[0]', fileName: 'alert.jpg', contentType: 'image/jpeg', content: picture },
  ])
  expect(readForm(contentType, Buffer.from(body))).toEqual([
    { name: 'caption', fileName: null, contentType: null, content: Buffer.from('Grüße\nzweite Zeile') },
    { name: 'files[0]', fileName: 'alert.jpg', contentType: 'image/jpeg', content: Buffer.from(picture) },
  ])
})
