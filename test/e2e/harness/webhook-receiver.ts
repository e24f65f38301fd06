import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { AlertSchema, SystemAlertSchema, type Alert, type SystemAlert } from '../../../src/contracts/alert.ts'
import { listen, readBody } from '../../../src/testkit/http-fake.ts'
import { waitFor } from './wait-for.ts'

const BodySchema = z.union([z.object({ alert: AlertSchema }), z.object({ system: SystemAlertSchema })])

export type ReceiverMood = 'take' | 'refuse' | 'hang'

/** The household's end of a webhook: keeps what it was told, and answers as it feels. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string
  /** Alerts it took; one that it refused or left hanging is not among them. */
  readonly alerts: readonly Alert[]
  readonly news: readonly SystemAlert[]
  /** Everything that came, whole, with its headers. */
  readonly raw: readonly string[]
  mood: ReceiverMood
  alertOf(clipId: string, withinMs?: number): Promise<Alert>
  newsOf(code: SystemAlert['code'], withinMs?: number): Promise<SystemAlert>
  /** Resolves when something came, whatever became of it. */
  called(times?: number): Promise<number>
  /** Resolves when nobody is connected. */
  idle(): Promise<unknown>
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const alerts: Alert[] = []
  const news: SystemAlert[] = []
  const raw: string[] = []
  const keep = (body: unknown) => {
    const parsed = BodySchema.parse(body)
    if ('alert' in parsed) alerts.push(parsed.alert)
    else news.push(parsed.system)
  }
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = (await readBody(request)).toString('utf8')
    raw.push(`${request.url ?? ''}\n${request.rawHeaders.join('\n')}\n\n${body}`)
    if (receiver.mood === 'hang') return
    if (receiver.mood === 'take') keep(JSON.parse(body))
    response.writeHead(receiver.mood === 'take' ? 204 : 503).end()
  }
  const server = createServer((request, response) => {
    serve(request, response).catch((cause: unknown) => void response.writeHead(500).end(String(cause)))
  })
  const connections = () => new Promise<number>((resolve) => void server.getConnections((_, count) => resolve(count)))
  const fake = await listen(server)

  const receiver: WebhookReceiver = {
    ...fake,
    url: `${fake.url}/hook`,
    alerts,
    news,
    raw,
    mood: 'take',
    alertOf: (clipId, withinMs) => waitFor(`the alert of ${clipId}`, () => alerts.find(({ clip_id }) => clip_id === clipId), withinMs),
    newsOf: (code, withinMs) => waitFor(`the system alert ${code}`, () => news.find((each) => each.code === code), withinMs),
    called: (times = 1) => waitFor(`${times} calls`, () => (raw.length >= times ? raw.length : null)),
    idle: () => waitFor('nobody to be connected', async () => (await connections()) === 0),
  }
  return receiver
}
