import { afterEach, describe, expect, test } from 'vitest'
import type { VlmUsage } from '../../../contracts/analysis.ts'
import type { VlmAnalyzer } from '../../../contracts/analyzer.ts'
import type { PluginHost } from '../../../contracts/plugin.ts'
import { analyzerContract, anAnalysisRequest, TINY_JPEG } from '../../../testkit/analyzer-contract.ts'
import { anAnalysis } from '../../../testkit/builders.ts'
import {
  startChatCompletionsServer,
  type ChatBehaviour,
  type ChatCompletionsServer,
  type ChatServerOptions,
} from '../../../testkit/chat-completions-server.ts'
import { messageParts } from '../../../testkit/chat-completions-rules.ts'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { configNames, testHost } from '../../../testkit/plugin-host.ts'
import { openaiAnalyzer } from './plugin.ts'

const live = new AbortController().signal
const KEY = 'sk-test'
const CANARY = 'canary-words'
const open: AsyncDisposable[] = []

afterEach(async () => {
  for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]()
})

async function startServer(options: ChatServerOptions = {}): Promise<ChatCompletionsServer> {
  const server = await startChatCompletionsServer(options)
  open.push(server)
  return server
}

async function analyzerOf(server: { readonly url: string }, config: object = {}, host: Partial<PluginHost> = {}): Promise<VlmAnalyzer> {
  const raw = {
    model: 'test-model',
    base_url: server.url,
    api_key_env: 'TEST_KEY',
    activity_types: ['person_at_door', 'delivery'],
    ...config,
  }
  const loaded = await openaiAnalyzer.load(raw, testHost({ env: { TEST_KEY: KEY }, ...host }))
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  open.push(loaded.value)
  return loaded.value
}

async function judge(behaviours: readonly ChatBehaviour[], config: object = {}, options: ChatServerOptions = {}) {
  const log = memoryLogger()
  const server = await startServer(options)
  server.behave(...behaviours)
  const analyzer = await analyzerOf(server, config, { log, clock: new FakeClock() })
  const result = await analyzer.analyze(anAnalysisRequest(), live)
  return { result, requests: server.requests, logged: JSON.stringify(log.lines) }
}

analyzerContract('openai', {
  working: async (activity_types) => analyzerOf(await startServer(), { activity_types }),
  hanging: async () => {
    const server = await startServer()
    server.otherwise({ do: 'hang' })
    return { analyzer: await analyzerOf(server), started: server.nextRequest() }
  },
})

describe('the request', () => {
  test('has a bearer, the instructions, and one label and one picture per frame', async () => {
    const { result, requests } = await judge([])
    expect(result).toMatchObject({ ok: true })
    expect(requests).toHaveLength(1)
    const [request] = requests
    expect(request).toMatchObject({ method: 'POST', path: '/v1/chat/completions', complaint: null, images: 2 })
    expect(request?.headers.authorization).toBe(`Bearer ${KEY}`)
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
    const { result, requests } = await judge([], { api_key_env: null }, { apiKey: null })
    expect(result).toMatchObject({ ok: true })
    expect(requests[0]?.headers.authorization).toBeUndefined()
  })
})

describe('a good answer', () => {
  test('is the judgement, with its tokens and their cost', async () => {
    const analysis = anAnalysis({ risk_level: 'critical', activity_type: 'delivery' })
    const price = { prompt_usd_per_mtok: 0.15, completion_usd_per_mtok: 0.6 }
    const { result } = await judge([{ do: 'answer', analysis }], { price })
    const usage = { model: 'test-model', prompt_tokens: 1000, completion_tokens: 100, cost_usd: 0.00021 }
    expect(result).toEqual({ ok: true, value: { analysis, usage } })
  })

  test('of a server that does not count costs an unknown amount', async () => {
    const { result } = await judge([{ do: 'answer', usage: null }], { price: { prompt_usd_per_mtok: 1, completion_usd_per_mtok: 1 } })
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

describe('an answer that does not fit', () => {
  test.each<[string, ChatBehaviour]>([
    ['prose', { do: 'prose', text: `A ${CANARY} at the door.` }],
    ['JSON against the schema', { do: 'off_schema' }],
  ])('%s is repaired once, without the pictures, and both answers are paid', async (_name, bad) => {
    const { result, requests } = await judge([bad, { do: 'answer' }])
    expect(result).toMatchObject({ ok: true, value: { usage: { prompt_tokens: 2000, completion_tokens: 200 } } })
    expect(requests.map((request) => request.images)).toEqual([2, 0])
    expect(requests.map((request) => request.complaint)).toEqual([null, null])
    expect(requests[1]?.text).toContain('It was refused because')
  })

  test('an empty one is asked for again, with the pictures', async () => {
    const { result, requests } = await judge([{ do: 'raw', body: { choices: [{ message: { content: null } }] } }])
    expect(result).toMatchObject({ ok: true })
    expect(requests.map((request) => request.images)).toEqual([2, 2])
  })

  test('twice is invalid, and its words stand neither in the error nor in the log', async () => {
    const prose: ChatBehaviour = { do: 'prose', text: `${CANARY} {"risk_level":"${CANARY}"}` }
    const { result, requests, logged } = await judge([prose, prose])
    expect(result).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(requests).toHaveLength(2)
    expect(JSON.stringify(result) + logged).not.toContain(CANARY)
  })

  test('a server that fails during the repair is unavailable, so the clip is tried again', async () => {
    const { result } = await judge([{ do: 'prose' }, { do: 'status', status: 503 }])
    expect(result).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  })
})

describe('what an answer of no use cost', () => {
  test.each<[string, readonly ChatBehaviour[], number]>([
    ['an answer that does not fit, twice', [{ do: 'prose' }, { do: 'off_schema' }], 2],
    ['an answer before a failed repair', [{ do: 'prose' }, { do: 'status', status: 503 }], 1],
    ['a refusal', [{ do: 'refuse' }], 1],
    ['a server that fails', [{ do: 'status', status: 500 }], 0],
  ])('is reported: %s', async (_name, behaviours, answers) => {
    const server = await startServer()
    server.behave(...behaviours)
    const analyzer = await analyzerOf(server, { price: { prompt_usd_per_mtok: 1000, completion_usd_per_mtok: 0 } })
    const usages: VlmUsage[] = []
    const result = await analyzer.analyze(anAnalysisRequest({ onUsage: (usage) => usages.push(usage) }), live)
    expect(result.ok).toBe(false)
    const usage = { model: 'test-model', prompt_tokens: 1000, completion_tokens: 100, cost_usd: 1 }
    expect(usages).toEqual(Array.from({ length: answers }, () => usage))
  })
})

describe('a failure', () => {
  const choice = (changes: object) => ({ do: 'raw', body: { choices: [{ message: { content: '{"risk' }, ...changes }] } }) as const
  test.each<[string, ChatBehaviour, string, RegExp]>([
    ['a wrong key', { do: 'status', status: 401, message: `no ${KEY}` }, 'rejected', /401: .*api_key_env/],
    ['an account without credit', { do: 'status', status: 402 }, 'rejected', /402: .*credit/],
    ['a forbidden model', { do: 'status', status: 403 }, 'rejected', /403/],
    ['a bad request', { do: 'status', status: 400, message: CANARY }, 'invalid', /400/],
    ['an unknown model', { do: 'status', status: 404 }, 'invalid', /404: .*model/],
    ['a busy server', { do: 'status', status: 429 }, 'unavailable', /429/],
    ['a broken server', { do: 'status', status: 500, message: CANARY }, 'unavailable', /500/],
    ['an overloaded gateway', { do: 'status', status: 529 }, 'unavailable', /529/],
    ['a cut connection', { do: 'cut' }, 'unavailable', /cannot be reached/],
    ['a connection cut inside the body', { do: 'cut', midway: true }, 'unavailable', /broke off/],
    ['a refusal', { do: 'refuse' }, 'invalid', /refused to judge/],
    ['a content filter', choice({ finish_reason: 'content_filter' }), 'invalid', /refused to judge/],
    ['an answer cut at the limit', choice({ finish_reason: 'length' }), 'invalid', /max_tokens/],
    ['no choices', { do: 'raw', body: { choices: [] } }, 'invalid', /empty answer/],
    ['another format', { do: 'raw', body: { result: CANARY } }, 'invalid', /base_url/],
    ['a web page', { do: 'raw', body: `<html>${CANARY}`, contentType: 'text/html' }, 'invalid', /base_url/],
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
    expect(JSON.stringify(result) + logged).not.toMatch(new RegExp(`${CANARY}|${KEY}`))
  })

  test.each([
    ['7', 7000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['soon', undefined],
  ])('Retry-After: %s is passed on as %s ms', async (retryAfter, ms) => {
    const { result } = await judge([{ do: 'status', status: 429, retryAfter }])
    expect(result.ok ? null : result.error.retryAfterMs).toBe(ms)
  })

  test('a server that is not there is unavailable', async () => {
    const server = await startChatCompletionsServer()
    await server[Symbol.asyncDispose]()
    const analyzer = await analyzerOf(server)
    const refused = { ok: false, error: { kind: 'unavailable', message: expect.stringContaining('ECONNREFUSED') as string } }
    expect(await analyzer.analyze(anAnalysisRequest(), live)).toMatchObject(refused)
    expect(await analyzer.ping(live)).toMatchObject(refused)
  })

  test('a redirect is not followed: neither pictures nor key go where the owner did not send them', async () => {
    const elsewhere = await startServer()
    const { result } = await judge([{ do: 'status', status: 307, location: `${elsewhere.url}/chat/completions` }])
    expect(result).toMatchObject({ ok: false, error: { kind: 'invalid', message: expect.stringContaining('redirects') as string } })
    expect(elsewhere.requests).toHaveLength(0)
  })

  test('closing the analyzer cancels the calls under way', async () => {
    const server = await startServer()
    server.otherwise({ do: 'hang' })
    const analyzer = await analyzerOf(server)
    const judging = analyzer.analyze(anAnalysisRequest(), live)
    await server.nextRequest()
    await analyzer[Symbol.asyncDispose]()
    expect(await judging).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })
})

describe('a server with another dialect', () => {
  test.each([
    ['knows no schemas', { responseFormats: ['text', 'json_object'] }, 2, { type: 'json_object' }],
    ['knows no formats at all', { responseFormats: [] }, 3, undefined],
  ])('that %s gets the schema in words', async (_name, options, requestCount, response_format) => {
    const { result, requests } = await judge([], {}, options)
    expect(result).toMatchObject({ ok: true })
    expect(requests).toHaveLength(requestCount)
    expect(requests.at(-1)?.text).toContain('"additionalProperties":false')
    expect((requests.at(-1)?.body as Record<string, unknown>)['response_format']).toEqual(response_format) // passed the server's checks
  })

  test('that counts the thinking gets its own limit and no temperature, and the choice is remembered', async () => {
    const server = await startServer({ reasoningModel: true })
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
    const analyzer = await analyzerOf(await startServer({ modelsStatus }))
    const answer = await analyzer.ping(live)
    expect(answer.ok ? null : answer.error.kind).toBe(kind)
  })
})

describe('the config', () => {
  const problems = (config: object) => openaiAnalyzer.problems(config, configNames())

  test('of the design sketch is good', () => {
    expect(
      problems({
        model: 'gpt-4o',
        api_key_env: 'OPENAI_API_KEY',
        base_prompt: 'Summarize activity and risk; be concise and structured.',
        activity_types: ['delivery', 'doorbell', 'person_at_door', 'unknown'],
      }),
    ).toEqual([])
  })

  test.each(['http://localhost:11434/v1', 'http://192.168.1.5:8000/v1', 'http://ollama:11434/v1'])('%s needs no key', (base_url) => {
    expect(problems({ base_url })).toEqual([])
  })

  test.each([
    [{}, 'api_key_env', 'https://api.openai.com/v1'],
    [{ base_url: 'https://example.com/v1' }, 'api_key_env', 'environment variable'],
    [{ base_url: 'http://example.com/v1', api_key_env: 'K' }, 'base_url', 'unencrypted'],
    [{ base_url: 'https://me:hunter2@example.com/v1', api_key_env: 'K' }, 'base_url', 'api_key_env'],
    [{ base_url: 'file:///etc', api_key_env: 'K' }, 'base_url', ''],
    [{ api_key_env: 'sk-proj-abc' }, 'api_key_env', 'never the secret itself'],
    [{ api_key_env: 'K', api_key: 'x' }, 'api_key', 'unknown key'],
  ])('%j is refused', (config, key, message) => {
    const found = problems(config)
    expect(found[0]).toMatchObject({ path: [key], message: expect.stringContaining(message) as string })
    for (const kept of ['hunter2', 'sk-proj-abc']) expect(JSON.stringify(found)).not.toContain(kept)
  })

  test('a variable that is not set is an error at start, by its name', async () => {
    const loaded = await openaiAnalyzer.load({ api_key_env: 'NOT_SET' }, testHost())
    expect(loaded).toMatchObject({ ok: false, error: [{ message: expect.stringContaining('NOT_SET') as string }] })
  })
})
