import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { expect, test } from 'vitest'
import { selfSigned } from '../../../testkit/certificate.ts'
import { HttpClient } from './http-client.ts'

test('a certificate that is not trusted is for the owner to mend', async () => {
  const { cert, key } = selfSigned()
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  using http = new HttpClient()
  const post = { url: `https://127.0.0.1:${address.port}/2/check`, headers: {}, body: new Uint8Array() }
  expect(await http.post(post, new AbortController().signal)).toMatchObject({
    ok: false,
    error: { kind: 'rejected', message: expect.stringContaining('not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)') as string },
  })
  server.close()
})
