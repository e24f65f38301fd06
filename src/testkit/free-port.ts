import { once } from 'node:events'
import { createServer } from 'node:net'
import { stablePort } from './simulated-camera/stable-port.ts'

/** A port that is free on all addresses of this machine, for a server that cannot be asked which one it got, or that has to get it again. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('no port')
  return port
}

/** Such ports, one after the other. */
export async function freePorts(count: number): Promise<number[]> {
  for (;;) {
    const first = stablePort()
    const ports = Array.from({ length: count }, (_, index) => first + index)
    const free = await Promise.all(ports.map(isFree))
    if (!free.includes(false)) return ports
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port)
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
