import { expect, test } from 'vitest'
import { multipart } from './multipart.ts'

test('another parser finds the same fields and bytes', async () => {
  const picture = Uint8Array.of(255, 216, 0, 13, 10, 45, 45, 255, 217)
  const { contentType, body } = multipart([
    { name: 'caption', content: 'Grüße\nzweite Zeile' },
    { name: 'files[0]', fileName: 'alert.jpg', contentType: 'image/jpeg', content: picture },
  ])
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
  expect(form.get('caption')).toBe('Grüße\nzweite Zeile')
  const file = form.get('files[0]')
  if (!(file instanceof File)) throw new Error('no file')
  expect([file.name, file.type]).toEqual(['alert.jpg', 'image/jpeg'])
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(picture)
})
