import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { cutAnswer } from '../testkit/cut-answer.ts'
import { listenHttp } from '../testkit/http-fake.ts'
import { httpCall, isCutSuccess, type HttpAnswer } from './http-call.ts'

async function callTo(answer: (response: ServerResponse) => void): Promise<HttpAnswer> {
  await using server = await listenHttp((_request, response) => answer(response))
  const call = { url: new URL(server.url), method: 'GET', headers: {}, verifyTls: true } as const
  return await httpCall(call, new AbortController().signal)
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

test('an answer that arrived is complete', async () => {
  const answer = await callTo((response) => response.writeHead(200, JSON_TYPE).end('{"ok":true}'))
  expect(answer).toMatchObject({ status: 200, body: '{"ok":true}', complete: true })
  expect(isCutSuccess(answer)).toBe(false)
})

test('an answer that breaks off is there, and says so', async () => {
  const answer = await callTo((response) => cutAnswer(response, 200, { ok: true }))
  expect(answer).toMatchObject({ status: 200, body: '{"ok"', complete: false })
  expect(isCutSuccess(answer)).toBe(true)
})

test('one that is longer than what we keep did not break off', async () => {
  const answer = await callTo((response) => response.writeHead(200, JSON_TYPE).end(Buffer.alloc(5_000_000, 'x')))
  expect(answer.complete).toBe(true)
  expect(answer.body).toHaveLength(65_536)
})

test.each([
  [{ status: 200, complete: false, headers: { 'content-type': 'text/html' } }, false],
  [{ status: 200, complete: false, headers: {} }, false],
  [{ status: 502, complete: false, headers: JSON_TYPE }, false],
  [{ status: 202, complete: false, headers: JSON_TYPE }, true],
])('a page of somebody in between, or a failure, is no success that was cut: %j', (answer, expected) => {
  expect(isCutSuccess(answer)).toBe(expected)
})
