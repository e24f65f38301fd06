import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port of the loopback address that was free a moment ago. @param host `localhost` for a server that listens on both its addresses. */
export async function freePort(host: '127.0.0.1' | 'localhost' = '127.0.0.1'): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
