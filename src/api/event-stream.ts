import type { ServerResponse } from 'node:http'
import type { CameraEvent } from '../contracts/camera-events.ts'
import type { ClipEvent } from '../contracts/clip-events.ts'
import { every } from '../lib/every.ts'
import type { ApiDeps } from './deps.ts'
import { withoutReceipt } from './without-receipts.ts'

const MAX_CLIENTS = 32
/** What one client may leave unread. Beyond it the client is cut off: it reconnects, and the server's memory stays bounded. */
const MAX_UNREAD_BYTES = 256 * 1024
/** Below the idle timeout of common proxies (30–60 s). */
const HEARTBEAT_MS = 15_000
const GREETING = 'retry: 3000\n: connected\n\n'

export interface EventStream extends AsyncDisposable {
  hasRoom(): boolean
  /** Takes over a response whose headers are not sent yet. */
  attach(response: ServerResponse, headers: Readonly<Record<string, string>>): void
}

/** Sends each event of a clip or a camera to every listening client as a server-sent event. */
export function createEventStream(deps: Pick<ApiDeps, 'clock' | 'log' | 'liveEvents' | 'cameraEvents'>): EventStream {
  const clients = new Set<ServerResponse>()

  const write = (client: ServerResponse, frame: string) => {
    if (client.writableLength + frame.length <= MAX_UNREAD_BYTES) {
      client.write(frame)
      return
    }
    clients.delete(client)
    client.destroy()
    deps.log.debug({ event_type: 'sse_client_cut', unread_bytes: client.writableLength }, 'live listener too slow, cut off')
  }
  const broadcast = (frame: string) => {
    for (const client of clients) write(client, frame)
  }

  const subscriptions = [
    deps.liveEvents.subscribe((event) => broadcast(clipFrame(event))),
    deps.cameraEvents.subscribe((event) => broadcast(cameraFrame(event))),
  ]
  const heartbeat = every(
    HEARTBEAT_MS,
    deps.clock,
    async () => broadcast(': heartbeat\n\n'),
    (cause) => deps.log.error({ event_type: 'sse_heartbeat_failed', err: cause }, 'heartbeat failed'),
  )

  return {
    hasRoom: () => clients.size < MAX_CLIENTS,
    attach(response, headers) {
      response.writeHead(200, {
        ...headers,
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      response.write(GREETING)
      clients.add(response)
      response.once('close', () => clients.delete(response))
      response.on('error', () => clients.delete(response))
    },
    async [Symbol.asyncDispose]() {
      for (const subscription of subscriptions) subscription[Symbol.dispose]()
      await heartbeat[Symbol.asyncDispose]()
      for (const client of clients) client.destroy()
      clients.clear()
    },
  }
}

/** The id orders within one clip only; a client that missed some asks for them at /clips/{id}/events?after=SEQ. */
function clipFrame(event: ClipEvent): string {
  return `id: ${event.clip_id}:${event.seq}\nevent: clip_event\ndata: ${JSON.stringify(withoutReceipt(event))}\n\n`
}

/** Without an id: it is kept nowhere, so there is nothing to ask for again. */
function cameraFrame(event: CameraEvent): string {
  return `event: camera_event\ndata: ${JSON.stringify(event)}\n\n`
}
