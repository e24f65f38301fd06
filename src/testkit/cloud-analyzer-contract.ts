import { describe, expect, test } from 'vitest'
import type { VlmUsage } from '../contracts/analysis.ts'
import { analyzerContract, anAnalysisRequest } from './analyzer-contract.ts'
import { anAnalysis } from './builders.ts'
import { cloudFixture, type CloudAnalyzerUnderTest, type CloudFixture } from './cloud-analyzer-fixture.ts'
import { aJpegHeader } from './jpegs.ts'
import type { ModelBehaviour } from './model-api-server.ts'
import { configNames, testHost } from './plugin-host.ts'

const live = new AbortController().signal
const CANARY = 'canary-words'

/** What every analyzer of a cloud service has to do, besides the contract of all analyzers. */
export function cloudAnalyzerContract(name: string, underTest: CloudAnalyzerUnderTest): void {
  const fixture = cloudFixture(underTest)
  analyzerContract(name, {
    working: async (activity_types) => fixture.analyzerOf(await fixture.start(), { activity_types }),
    hanging: async () => {
      const server = await fixture.start()
      server.otherwise({ do: 'hang' })
      return { analyzer: await fixture.analyzerOf(server), started: server.nextRequest() }
    },
  })
  describe(`cloud analyzer contract: ${name}`, () => {
    questions(fixture)
    answers(fixture)
    failures(fixture, underTest)
    if (underTest.largePictures !== null) pictures(fixture, underTest.largePictures)
    pings(fixture, underTest)
    configs(underTest)
    if (underTest.modelInAddress) modelNames(fixture, underTest)
  })
}

function questions({ judge }: CloudFixture): void {
  test('the instructions, the owner’s words, and the time before each picture are sent in the documented form', async () => {
    const { result, requests } = await judge([], { base_prompt: 'The red car is ours.' })
    expect(result).toMatchObject({ ok: true })
    expect(requests).toMatchObject([{ complaint: null, images: 2 }])
    expect(requests[0]?.text).toMatch(/You judge short clips[\s\S]*The red car is ours\.[\s\S]*\n00:00:01\.00\n00:00:06\.40$/)
  })
}

function answers({ judge, start, analyzerOf }: CloudFixture): void {
  test('a good answer is the judgement, with its tokens and their cost', async () => {
    const analysis = anAnalysis({ risk_level: 'critical', activity_type: 'delivery' })
    const price = { prompt_usd_per_mtok: 0.1, completion_usd_per_mtok: 0.5 }
    const { result } = await judge([{ do: 'answer', analysis }], { price })
    const usage = { model: 'test-model', prompt_tokens: 1000, completion_tokens: 100, cost_usd: 0.00015 }
    expect(result).toEqual({ ok: true, value: { analysis, usage } })
  })

  test.each<[string, ModelBehaviour]>([
    ['prose', { do: 'prose', text: `A ${CANARY} at the door.` }],
    ['JSON against the schema', { do: 'off_schema' }],
  ])('%s is repaired once, without the pictures, and both answers are paid', async (_name, bad) => {
    const { result, requests } = await judge([bad, { do: 'answer' }])
    expect(result).toMatchObject({ ok: true, value: { usage: { prompt_tokens: 2000, completion_tokens: 200 } } })
    expect(requests.map(({ images, complaint }) => ({ images, complaint }))).toEqual([
      { images: 2, complaint: null },
      { images: 0, complaint: null },
    ])
    expect(requests[1]?.text).toContain('It was refused because')
  })

  test('an answer that does not fit twice is invalid, and its words stand neither in the error nor in the log', async () => {
    const prose: ModelBehaviour = { do: 'prose', text: `${CANARY} {"risk_level":"${CANARY}"}` }
    const { result, requests, logged } = await judge([prose, prose])
    expect(result).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    expect(requests).toHaveLength(2)
    expect(JSON.stringify(result) + logged).not.toContain(CANARY)
  })

  test('a server that fails during the repair is unavailable, so the clip is tried again', async () => {
    const { result } = await judge([{ do: 'prose' }, { do: 'fail', status: 503 }])
    expect(result).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  })

  test.each<[string, readonly ModelBehaviour[], number]>([
    ['an answer that does not fit, twice', [{ do: 'prose' }, { do: 'off_schema' }], 2],
    ['an answer before a failed repair', [{ do: 'prose' }, { do: 'fail', status: 503 }], 1],
    ['a refusal', [{ do: 'refuse' }], 1],
    ['an answer that was cut', [{ do: 'truncate' }], 1],
    ['a server that fails', [{ do: 'fail', status: 500 }], 0],
  ])('what an answer of no use cost is reported: %s', async (_name, behaviours, paid) => {
    const server = await start()
    server.behave(...behaviours)
    const analyzer = await analyzerOf(server, { price: { prompt_usd_per_mtok: 1000, completion_usd_per_mtok: 0 } })
    const usages: VlmUsage[] = []
    expect(await analyzer.analyze(anAnalysisRequest({ onUsage: (usage) => usages.push(usage) }), live)).toMatchObject({ ok: false })
    const usage = { model: 'test-model', prompt_tokens: 1000, completion_tokens: 100, cost_usd: 1 }
    expect(usages).toEqual(Array.from({ length: paid }, () => usage))
  })
}

function failures({ judge, start, analyzerOf }: CloudFixture, { apiKey }: CloudAnalyzerUnderTest): void {
  test.each<[string, ModelBehaviour, string, RegExp]>([
    ['a forbidden model', { do: 'fail', status: 403, message: CANARY }, 'rejected', /403: .*api_key_env/],
    ['an account without credit', { do: 'fail', status: 402 }, 'rejected', /402: .*credit/],
    ['a bad request', { do: 'fail', status: 400, message: CANARY }, 'invalid', /400/],
    ['an unknown model', { do: 'fail', status: 404 }, 'invalid', /404: .*`model`/],
    ['too large a request', { do: 'fail', status: 413 }, 'invalid', /413: .*vlm\.preprocessing/],
    ['a rate limit', { do: 'fail', status: 429, message: CANARY }, 'unavailable', /429/],
    ['a broken server', { do: 'fail', status: 500, message: CANARY }, 'unavailable', /500/],
    ['an overloaded server', { do: 'fail', status: 529 }, 'unavailable', /529: it is overloaded/],
    ['a cut connection', { do: 'cut' }, 'unavailable', /cannot be reached/],
    ['a connection cut inside the body', { do: 'cut', midway: true }, 'unavailable', /broke off/],
    ['a refusal', { do: 'refuse' }, 'invalid', /refused to judge/],
    ['an answer cut at the limit', { do: 'truncate' }, 'invalid', /max_tokens/],
    ['another format', { do: 'raw', body: { result: CANARY, candidates: 7 } }, 'invalid', /base_url/],
    ['a web page', { do: 'raw', body: `<html>${CANARY}`, contentType: 'text/html' }, 'invalid', /base_url/],
  ])('%s is told by its kind, in one request and our own words', async (_name, behaviour, kind, message) => {
    const { result, requests, logged } = await judge([behaviour])
    if (result.ok) throw new Error('judged')
    expect(result.error.kind).toBe(kind)
    expect(result.error.message).toMatch(message)
    expect(requests).toHaveLength(1)
    expect(result.error.cause).toBeUndefined()
    expect(JSON.stringify(result) + logged).not.toMatch(new RegExp(`${CANARY}|${apiKey}`))
  })

  test.each([
    ['7', 7000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['soon', undefined],
  ])('Retry-After: %s is passed on as %s ms', async (retryAfter, ms) => {
    const { result } = await judge([{ do: 'fail', status: 429, headers: { 'retry-after': retryAfter } }])
    expect(result.ok ? null : result.error.retryAfterMs).toBe(ms)
  })

  test('a redirect is not followed: neither pictures nor key go where the owner did not send them', async () => {
    const elsewhere = await start()
    const asked = (await judge([])).requests[0]?.path ?? ''
    const { result } = await judge([{ do: 'fail', status: 307, headers: { location: new URL(asked, elsewhere.url).href } }])
    expect(result).toMatchObject({ ok: false, error: { kind: 'invalid', message: expect.stringContaining('redirects') as string } })
    expect(elsewhere.requests).toHaveLength(0)
  })

  test('a server that is not there is unavailable', async () => {
    const server = await start()
    await server[Symbol.asyncDispose]()
    const analyzer = await analyzerOf(server)
    const refused = { ok: false, error: { kind: 'unavailable', message: expect.stringContaining('ECONNREFUSED') as string } }
    expect(await analyzer.analyze(anAnalysisRequest(), live)).toMatchObject(refused)
    expect(await analyzer.ping(live)).toMatchObject(refused)
  })

  test('closing the analyzer cancels the calls under way', async () => {
    const server = await start()
    server.otherwise({ do: 'hang' })
    const analyzer = await analyzerOf(server)
    const judging = analyzer.analyze(anAnalysisRequest(), live)
    await server.nextRequest()
    await analyzer[Symbol.asyncDispose]()
    expect(await judging).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })
}

function pictures({ judge }: CloudFixture, largePictures: number): void {
  const frames = (count: number, size: { readonly width: number; readonly height: number }, bytes?: number) =>
    Array.from({ length: count }, (_, second) => ({ second, jpeg: aJpegHeader(size, bytes) }))

  test('of more large pictures than the service takes, an even choice is sent', async () => {
    const { result, requests } = await judge([], {}, { frames: frames(64, { width: 3000, height: 2000 }) })
    expect(result).toMatchObject({ ok: true })
    expect(requests).toMatchObject([{ complaint: null, images: largePictures }])
  })

  test('pictures that are too many bytes together are thinned too', async () => {
    const { result, requests } = await judge([], {}, { frames: frames(16, { width: 1920, height: 1080 }, 2_500_000) })
    expect(result).toMatchObject({ ok: true })
    expect(requests[0]?.complaint).toBeNull()
    expect(requests[0]?.images).toBeGreaterThan(4)
    expect(requests[0]?.images).toBeLessThan(16)
  })

  test('a single picture that is too large is invalid before anything is sent', async () => {
    const { result, requests } = await judge([], {}, { frames: frames(1, { width: 1920, height: 1080 }, 8_000_000) })
    expect(result).toMatchObject({ ok: false, error: { kind: 'invalid', message: expect.stringContaining('vlm.preprocessing') as string } })
    expect(requests).toHaveLength(0)
  })
}

function pings({ start, analyzerOf }: CloudFixture, { apiKey }: CloudAnalyzerUnderTest): void {
  test('a ping asks for the model only', async () => {
    const server = await start()
    const analyzer = await analyzerOf(server)
    expect(await analyzer.ping(live)).toEqual({ ok: true, value: { model: 'test-model' } })
    expect(server.requests).toHaveLength(0)
  })

  test('a wrong key is rejected, and the setting to change is named', async () => {
    const analyzer = await analyzerOf(await start({ apiKey: 'another key' }))
    for (const answer of [await analyzer.ping(live), await analyzer.analyze(anAnalysisRequest(), live)]) {
      expect(answer).toMatchObject({ ok: false, error: { kind: 'rejected', message: expect.stringContaining('`api_key_env`') as string } })
      expect(JSON.stringify(answer)).not.toContain(apiKey)
    }
  })
}

function configs({ plugin, defaultHost }: CloudAnalyzerUnderTest): void {
  const problems = (config: object) => plugin.problems(config, configNames())

  test('a key is all that a config needs; pictures then go to the service itself', () => {
    expect(problems({ api_key_env: 'KEY' })).toEqual([])
    expect(plugin.config.parse({ api_key_env: 'KEY' })).toMatchObject({ base_url: expect.stringContaining(defaultHost) as string })
  })

  test.each([
    [{}, 'api_key_env'],
    [{ api_key_env: 'sk-123-secret' }, 'api_key_env'],
    [{ api_key_env: 'KEY', base_url: 'http://example.com/v1' }, 'base_url'],
    [{ api_key_env: 'KEY', base_url: 'https://me:pw@example.com/v1' }, 'base_url'],
    [{ api_key_env: 'KEY', max_token: 1 }, 'max_token'],
  ])('%j has one problem, at %s', (config, path) => {
    expect(problems(config).map((problem) => problem.path)).toEqual([[path]])
  })

  test('a variable that is not set keeps it from being built, and is named', async () => {
    const loaded = await plugin.load({ api_key_env: 'NOT_SET' }, testHost())
    expect(loaded).toMatchObject({ ok: false, error: [{ message: expect.stringContaining('NOT_SET') as string }] })
  })
}

function modelNames({ start, analyzerOf }: CloudFixture, { plugin }: CloudAnalyzerUnderTest): void {
  test('a model that is not there is named as the setting to change', async () => {
    const analyzer = await analyzerOf(await start(), { model: 'no-such-model' })
    const message = expect.stringContaining('`model`') as string
    expect(await analyzer.ping(live)).toMatchObject({ ok: false, error: { kind: 'invalid', message } })
    expect(await analyzer.analyze(anAnalysisRequest(), live)).toMatchObject({ ok: false, error: { kind: 'invalid', message } })
  })

  test.each(['../files', 'a/../../files', 'model?key=1'])('%s is no name of a model', (model) => {
    const problems = plugin.problems({ api_key_env: 'KEY', model }, configNames())
    expect(problems.map(({ path }) => path)).toEqual([['model']])
  })
}
