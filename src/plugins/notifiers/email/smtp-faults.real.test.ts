import { expect, test } from 'vitest'
import type { Notifier } from '../../../contracts/notifier.ts'
import { anAlert } from '../../../testkit/builders.ts'
import { built, testHost } from '../../../testkit/plugin-host.ts'
import { SMTP_PHASES, startScriptedSmtpServer, type ScriptedSmtpServer } from '../../../testkit/scripted-smtp-server.ts'
import { emailNotifier } from './plugin.ts'

const NO_MEDIA = { thumbnail: null, replaces: null }
const signal = new AbortController().signal

async function open({ port }: ScriptedSmtpServer, timeout_s = 30): Promise<Notifier> {
  const smtp = { host: '127.0.0.1', port, tls: 'none', username_env: 'USER', password_env: 'PASSWORD' }
  const config = { smtp, from: 'a@example.org', to: ['b@example.org'], timeout_s }
  return built(emailNotifier, config, testHost({ env: { USER: 'u', PASSWORD: 'p' } }))
}

test.each(SMTP_PHASES)('a connection cut at "%s" is "unavailable", and the next mail goes through', async (phase) => {
  await using broken = await startScriptedSmtpServer({ [phase]: 'cut' })
  expect(await (await open(broken)).send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  expect(broken.reached.at(-1)).toBe(phase)
  await using whole = await startScriptedSmtpServer({})
  expect(await (await open(whole)).send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: true })
})

test.each(SMTP_PHASES)('a server that falls silent at "%s" is left at once when the signal aborts', async (phase) => {
  await using server = await startScriptedSmtpServer({ [phase]: 'hang' })
  const controller = new AbortController()
  // Nothing else would end it while this test may run.
  const sending = (await open(server, 300)).send(anAlert(), NO_MEDIA, controller.signal)
  await server.until(phase)
  controller.abort()
  expect(await sending).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  await expect.poll(() => server.connected()).toBe(false)
})

test('a server that falls silent is a "timeout", at ping too', async () => {
  await using server = await startScriptedSmtpServer({ auth: 'hang' })
  const notifier = await open(server, 0.1)
  expect(await notifier.ping(signal)).toMatchObject({ ok: false, error: { kind: 'timeout' } })
  expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: false, error: { kind: 'timeout' } })
  await expect.poll(() => server.connected()).toBe(false)
})

test('disposing ends a mail under way', async () => {
  await using server = await startScriptedSmtpServer({ mail: 'hang' })
  const notifier = await open(server)
  const sending = notifier.send(anAlert(), NO_MEDIA, signal)
  await server.until('mail')
  await notifier[Symbol.asyncDispose]()
  expect(await sending).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
})

test.each([
  [{ greeting: '554 5.7.1 blocked' }, 'rejected'],
  [{ greeting: '421 4.3.2 shutting down' }, 'unavailable'],
  [{ greeting: 'HTTP/1.1 400 Bad Request' }, 'unavailable'],
  [{ ehlo: '250-scripted\r\n250 SIZE 100', auth: '502 5.5.1 no such command' }, 'rejected'],
  [{ auth: '534 5.7.9 application-specific password required' }, 'rejected'],
])('a server that says %j is %s', async (script, kind) => {
  await using server = await startScriptedSmtpServer(script)
  expect(await (await open(server)).send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: false, error: { kind } })
})
