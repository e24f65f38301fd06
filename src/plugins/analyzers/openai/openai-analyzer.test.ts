import { afterEach, describe, expect, test } from 'vitest'
import { anAnalysisRequest, TINY_JPEG } from '../../../testkit/analyzer-contract.ts'
import { anAnalysis } from '../../../testkit/builders.ts'
import { messageParts } from '../../../testkit/chat-completions-rules.ts'
import { startChatCompletionsServer, type ChatServerOptions } from '../../../testkit/chat-completions-server.ts'
import { cloudAnalyzerContract } from '../../../testkit/cloud-analyzer-contract.ts'
import { cloudFixture, type CloudAnalyzerUnderTest } from '../../../testkit/cloud-analyzer-fixture.ts'
import type { ModelApiServer, ModelBehaviour } from '../../../testkit/model-api-server.ts'
import { openaiAnalyzer } from './plugin.ts'

const live = new AbortController().signal
const CANARY = 'canary-words'
const underTest: CloudAnalyzerUnderTest = {
  plugin: openaiAnalyzer,
  start: startChatCompletionsServer,
  apiKey: 'sk-test',
  defaultHost: 'api.openai.com',
  largePictures: null,
  modelInAddress: false,
}
cloudAnalyzerContract('openai', underTest)

const { apiKey } = underTest
const { judge, analyzerOf } = cloudFixture(underTest)
const servers: AsyncDisposable[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]()
})

async function serverWith(options: ChatServerOptions): Promise<ModelApiServer> {
  const server = await startChatCompletionsServer(options)
  servers.push(server)
  return server
}

async function judgeAt(options: ChatServerOptions, config: object = {}) {
  const server = await serverWith(options)
  const analyzer = await analyzerOf(server, config)
  return { result: await analyzer.analyze(anAnalysisRequest(), live), server }
}

describe('the request', () => {
  test('has a bearer, the instructions, and one label and one picture per frame', async () => {
    const { result, requests } = await judge([])
    expect(result).toMatchObject({ ok: true })
    expect(requests).toHaveLength(1)
    const [request] = requests
    expect(request).toMatchObject({ method: 'POST', path: '/v1/chat/completions', complaint: null, images: 2 })
    expect(request?.headers.authorization).toBe(`Bearer ${underTest.apiKey}`)
    expect(request?.body).toMatchObject({
      model: 'test-model',
      max_tokens: 1500,
      messages: [{ role: 'system' }, { role: 'user' }],
      response_format: { type: 'json_schema', json_schema: { strict: true } },
    })
    const url = `data:image/jpeg;base64,${Buffer.from(TINY_JPEG).toString('base64')}`
    expect(messageParts(request?.body).slice(1)).toEqual([
      { type: 'text', text: '00:00:01.00' },
      { type: 'image_url', image_url: { url, detail: 'auto' } },
      { type: 'text', text: '00:00:06.40' },
      { type: 'image_url', image_url: { url, detail: 'auto' } },
    ])
  })

  test('carries the owner’s words and settings', async () => {
    const { requests } = await judge([], { base_prompt: 'The red car is ours.', temperature: 0.2, max_tokens: 300, detail: 'low' })
    expect(requests[0]?.text).toContain('The red car is ours.')
    expect(requests[0]?.body).toMatchObject({ temperature: 0.2, max_tokens: 300 })
    expect(JSON.stringify(requests[0]?.body)).toContain('"detail":"low"')
  })

  test('has no bearer when no key is configured', async () => {
    const { result, server } = await judgeAt({ apiKey: null }, { api_key_env: null })
    expect(result).toMatchObject({ ok: true })
    expect(server.requests[0]?.headers.authorization).toBeUndefined()
  })
})

describe('a good answer', () => {
  test('of a server that does not count costs an unknown amount', async () => {
    const { result } = await judge([{ do: 'answer', counts: false }], { price: { prompt_usd_per_mtok: 1, completion_usd_per_mtok: 1 } })
    expect(result).toMatchObject({ ok: true, value: { usage: { prompt_tokens: 0, completion_tokens: 0, cost_usd: null } } })
  })

  test('may come in parts', async () => {
    const text = JSON.stringify(anAnalysis())
    const content = [
      { type: 'text', text: text.slice(0, 50) },
      { type: 'text', text: text.slice(50) },
    ]
    const { result } = await judge([{ do: 'raw', body: { choices: [{ message: { content } }] } }])
    expect(result).toMatchObject({ ok: true, value: { analysis: anAnalysis() } })
  })
})

test('an empty answer is asked for again, with the pictures', async () => {
  const { result, requests } = await judge([{ do: 'raw', body: { choices: [{ message: { content: null } }] } }])
  expect(result).toMatchObject({ ok: true })
  expect(requests.map((request) => request.images)).toEqual([2, 2])
})

describe('a failure', () => {
  const filtered = { choices: [{ message: { content: '{"risk' }, finish_reason: 'content_filter' }] }
  test.each<[string, ModelBehaviour, string, RegExp]>([
    ['a wrong key', { do: 'fail', status: 401, message: `no ${apiKey}` }, 'rejected', /401: .*api_key_env/],
    ['a content filter', { do: 'raw', body: filtered }, 'invalid', /refused to judge/],
    ['no choices', { do: 'raw', body: { choices: [] } }, 'invalid', /empty answer/],
    ['broken JSON', { do: 'raw', body: `{${CANARY}` }, 'invalid', /not JSON/],
    ['a failure behind a gateway', { do: 'raw', body: { error: { code: 502, message: CANARY } } }, 'unavailable', /502/],
    ['a rate limit behind a gateway', { do: 'raw', body: { error: { code: 'slow', message: CANARY } } }, 'unavailable', /failure/],
  ])('%s is told by its kind, in one request and our own words', async (_name, behaviour, kind, message) => {
    const { result, requests, logged } = await judge([behaviour])
    if (result.ok) throw new Error('judged')
    expect(result.error.kind).toBe(kind)
    expect(result.error.message).toMatch(message)
    expect(requests).toHaveLength(1)
    expect(result.error.cause).toBeUndefined()
    expect(JSON.stringify(result) + logged).not.toMatch(new RegExp(`${CANARY}|${apiKey}`))
  })
})

describe('a server with another dialect', () => {
  test.each([
    ['knows no schemas', { responseFormats: ['text', 'json_object'] }, 2, { type: 'json_object' }],
    ['knows no formats at all', { responseFormats: [] }, 3, undefined],
  ])('that %s gets the schema in words', async (_name, options, requestCount, response_format) => {
    const { result, server } = await judgeAt(options)
    const { requests } = server
    expect(result).toMatchObject({ ok: true })
    expect(requests).toHaveLength(requestCount)
    expect(requests.at(-1)?.text).toContain('"additionalProperties":false')
    expect((requests.at(-1)?.body as Record<string, unknown>)['response_format']).toEqual(response_format) // passed the server's checks
  })

  test('that counts the thinking gets its own limit and no temperature, and the choice is remembered', async () => {
    const server = await serverWith({ reasoningModel: true })
    const analyzer = await analyzerOf(server, { temperature: 0 })
    expect(await analyzer.analyze(anAnalysisRequest(), live)).toMatchObject({ ok: true })
    expect(await analyzer.analyze(anAnalysisRequest(), live)).toMatchObject({ ok: true })
    expect(server.requests.map((request) => request.complaint === null)).toEqual([false, false, true, true])
    expect(server.requests.at(-1)?.body).toMatchObject({ max_completion_tokens: 1500 })
  })
})

describe('ping', () => {
  test.each([
    [200, null],
    [404, null],
    [401, 'rejected'],
    [500, 'unavailable'],
  ])('a model list that answers %d is %s', async (modelsStatus, kind) => {
    const analyzer = await analyzerOf(await serverWith({ modelsStatus }))
    const answer = await analyzer.ping(live)
    expect(answer.ok ? null : answer.error.kind).toBe(kind)
  })
})
