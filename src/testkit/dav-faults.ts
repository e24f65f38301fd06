import type { OutgoingHttpHeaders } from 'node:http'
import { startFaultProxy, type Fault, type FaultProxy } from './fault-proxy.ts'

/** What a test can change while it runs. */
interface DavMood {
  /** Drops `Range`, as servers do that know nothing of it. */
  ignoreRanges: boolean
  /** Added to every answer. */
  extraHeaders: OutgoingHttpHeaders
}

export interface DavFaults extends FaultProxy, DavMood {
  /** What happens to the next request of a method, once. */
  spoil(method: string, fault: Fault): void
}

/** A fault proxy before a real WebDAV server that tells the server its own address. */
export async function startDavFaults(target: string): Promise<DavFaults> {
  const { hostname, port, host, origin, pathname } = new URL(target)
  const mood: DavMood = { ignoreRanges: false, extraHeaders: {} }
  const proxy = await startFaultProxy(
    { host: hostname, port: Number(port) },
    {
      onward({ range, ...headers }) {
        const ranged = range === undefined || mood.ignoreRanges ? {} : { range }
        const { destination } = headers
        const moved = typeof destination === 'string' ? { destination: destination.replace(/^http:\/\/[^/]+/, origin) } : {}
        return { ...headers, ...ranged, ...moved, host }
      },
      answerHeaders: () => mood.extraHeaders,
    },
  )
  return Object.assign(mood, proxy, {
    url: `${proxy.url}${pathname}`,
    spoil: (method: string, fault: Fault) => proxy.fail((request) => request.method === method, fault),
  })
}
