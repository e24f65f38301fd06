import { describe, expect, test } from 'vitest'
import { TINY_JPEG } from '../../../testkit/analyzer-contract.ts'
import { cloudAnalyzerContract } from '../../../testkit/cloud-analyzer-contract.ts'
import { cloudFixture, type CloudAnalyzerUnderTest } from '../../../testkit/cloud-analyzer-fixture.ts'
import { googleParts } from '../../../testkit/google-rules.ts'
import { errorInfo, retryInfo, startGoogleServer } from '../../../testkit/google-server.ts'
import { googleAnalyzer } from './plugin.ts'

const underTest: CloudAnalyzerUnderTest = {
  plugin: googleAnalyzer,
  start: startGoogleServer,
  apiKey: 'AIza-test',
  defaultHost: 'generativelanguage.googleapis.com',
  largePictures: 64,
  modelInAddress: true,
}
cloudAnalyzerContract('google', underTest)

describe('google', () => {
  const { judge } = cloudFixture(underTest)

  test('pictures are inline data behind their times, and the answer is held to our schema', async () => {
    const { requests } = await judge([], { max_tokens: 300, temperature: 0.5 })
    expect(requests[0]).toMatchObject({ path: '/v1beta/models/test-model:generateContent', headers: { 'x-goog-api-key': 'AIza-test' } })
    const inlineData = { mimeType: 'image/jpeg', data: Buffer.from(TINY_JPEG).toString('base64') }
    expect(googleParts(requests[0]?.body)).toEqual([{ text: '00:00:01.00' }, { inlineData }, { text: '00:00:06.40' }, { inlineData }])
    const schema = { type: 'object', properties: { activity_type: { type: 'string', enum: ['person_at_door', 'delivery', 'unknown'] } } }
    expect(requests[0]?.body).toMatchObject({
      generationConfig: { maxOutputTokens: 300, temperature: 0.5, responseMimeType: 'application/json', responseSchema: schema },
    })
  })

  test.each([
    ['12s', 12_000],
    ['1.5s', 1500],
    ['soon', undefined],
  ])('a retryDelay of %s in the details is passed on as %s ms', async (delay, ms) => {
    const { result } = await judge([{ do: 'fail', status: 429, details: [retryInfo(delay)] }])
    expect(result).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    expect(result.ok ? null : result.error.retryAfterMs).toBe(ms)
  })

  test.each([
    ['an expired key', [errorInfo('API_KEY_EXPIRED')], undefined, /api_key_env/],
    ['a country without a free tier', [], 'FAILED_PRECONDITION', /billing/],
  ])('%s is rejected, although it comes as a bad request', async (_name, details, code, message) => {
    const { result } = await judge([{ do: 'fail', status: 400, details, ...(code === undefined ? {} : { code }) }])
    expect(result).toMatchObject({ ok: false, error: { kind: 'rejected', message: expect.stringMatching(message) as string } })
  })

  test.each(['SAFETY', 'PROHIBITED_CONTENT', 'SPII'])('an answer stopped for %s is a refusal', async (finishReason) => {
    const { result, requests } = await judge([{ do: 'raw', body: { candidates: [{ finishReason }] } }])
    expect(result).toMatchObject({ ok: false, error: { kind: 'invalid', message: expect.stringContaining('refused') as string } })
    expect(requests).toHaveLength(1)
  })

  test('an answer that nobody counted costs an unknown amount', async () => {
    const price = { prompt_usd_per_mtok: 1, completion_usd_per_mtok: 1 }
    const { result } = await judge([{ do: 'answer', counts: false }], { price })
    expect(result).toMatchObject({ ok: true, value: { usage: { prompt_tokens: 0, completion_tokens: 0, cost_usd: null } } })
  })
})
