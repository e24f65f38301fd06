import type { ServerResponse } from 'node:http'

/** Answers with JSON that breaks off after its first bytes: the connection is lost once the request was served. */
export function cutAnswer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.write(text.slice(0, 5), () => response.destroy())
}
