import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '../../../../lib/system-clock.ts'
import { freePort, freePorts } from '../../../../testkit/free-port.ts'
import { PassivePorts } from './passive-ports.ts'

const HOST = '127.0.0.1'

/** Another program that has the port. */
async function occupy(port: number): Promise<Server> {
  const server = createServer().listen(port, HOST)
  await once(server, 'listening')
  return server
}

test('a port that another program has is passed over, and those who find none left wait for one of the others', async () => {
  const ports = await freePorts(4)
  await using _other = await occupy(ports[1] ?? 0)
  const passive = new PassivePorts(ports, systemClock)
  const given = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const listening = await passive.listen(HOST, AbortSignal.timeout(20_000))
      if (!listening.ok) return listening.error
      await systemClock.sleep(5, new AbortController().signal)
      listening.value[Symbol.dispose]()
      return listening.value.port
    }),
  )
  expect(given).toHaveLength(30)
  expect(ports.filter((port) => port !== ports[1])).toEqual(expect.arrayContaining([...new Set(given)]))
})

test('a port is used again once the other program has let it go', async () => {
  const port = await freePort()
  const other = await occupy(port)
  const waiting = new PassivePorts([port], systemClock).listen(HOST, AbortSignal.timeout(20_000))
  await systemClock.sleep(50, new AbortController().signal)
  other.close()
  const listening = await waiting
  expect(listening).toMatchObject({ ok: true, value: { port } })
  if (listening.ok) listening.value[Symbol.dispose]()
})

test('nobody waits for ports longer than asked, nor at all for an address this machine does not have', async () => {
  const port = await freePort()
  await using _other = await occupy(port)
  const passive = new PassivePorts([port], systemClock)
  expect(await passive.listen(HOST, AbortSignal.timeout(50))).toEqual({ ok: false, error: 'EADDRINUSE' })
  expect(await passive.listen('192.0.2.1', AbortSignal.timeout(20_000))).toEqual({ ok: false, error: 'EADDRNOTAVAIL' })
})
