import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anAlert } from '../../../testkit/builders.ts'
import { built, testHost } from '../../../testkit/plugin-host.ts'
import { webhookNotifier } from './plugin.ts'

const signal = new AbortController().signal
let server: Server
let url: string
let requests = 0

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'homesec-webhook-'))
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', 'key.pem', '-out', 'cert.pem']
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const files = { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) }
  rmSync(folder, { recursive: true })
  server = createServer(files, (_request, response) => {
    requests += 1
    response.writeHead(204).end()
  }).listen(0, 'localhost')
  await once(server, 'listening')
  const address = server.address()
  url = `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}/`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

async function open(verify_tls: boolean) {
  return built(webhookNotifier, { url, verify_tls }, testHost())
}

test('a certificate that nobody vouches for is rejected before anything is sent', async () => {
  const notifier = await open(true)
  expect(await notifier.ping(signal)).toMatchObject({ ok: false, error: { kind: 'rejected' } })
  expect(await notifier.send(anAlert(), { thumbnail: null, replaces: null }, signal)).toMatchObject({
    ok: false,
    error: { kind: 'rejected' },
  })
  expect(requests).toBe(0)
})

test('and accepted if the owner says so', async () => {
  const notifier = await open(false)
  expect(await notifier.ping(signal)).toMatchObject({ ok: true })
  expect(await notifier.send(anAlert(), { thumbnail: null, replaces: null }, signal)).toMatchObject({ ok: true })
  expect(requests).toBe(1)
})
