import { describe, expect, test } from 'vitest'
import { anAnalysisRequest, TINY_JPEG } from '../../../testkit/analyzer-contract.ts'
import { anthropicBlocks } from '../../../testkit/anthropic-rules.ts'
import { startAnthropicServer } from '../../../testkit/anthropic-server.ts'
import { cloudAnalyzerContract } from '../../../testkit/cloud-analyzer-contract.ts'
import { cloudFixture, type CloudAnalyzerUnderTest } from '../../../testkit/cloud-analyzer-fixture.ts'
import { anthropicAnalyzer } from './plugin.ts'

const underTest: CloudAnalyzerUnderTest = {
  plugin: anthropicAnalyzer,
  start: startAnthropicServer,
  apiKey: 'sk-ant-test',
  defaultHost: 'api.anthropic.com',
  largePictures: 20,
  modelInAddress: true,
}
cloudAnalyzerContract('anthropic', underTest)

describe('anthropic', () => {
  const { judge, analyzerOf } = cloudFixture(underTest)

  test('pictures are base64 blocks behind their times, and the answer is held to our schema', async () => {
    const { requests } = await judge([], { max_tokens: 300 })
    expect(requests[0]?.headers).toMatchObject({ 'x-api-key': 'sk-ant-test', 'anthropic-version': '2023-06-01' })
    const source = { type: 'base64', media_type: 'image/jpeg', data: Buffer.from(TINY_JPEG).toString('base64') }
    expect(anthropicBlocks(requests[0]?.body)).toEqual([
      { type: 'text', text: '00:00:01.00' },
      { type: 'image', source },
      { type: 'text', text: '00:00:06.40' },
      { type: 'image', source },
    ])
    expect(requests[0]?.body).toMatchObject({ model: 'test-model', max_tokens: 300 })
    expect(JSON.stringify(requests[0]?.body)).toContain('"enum":["person_at_door","delivery","unknown"]')
  })

  test('a current model is asked by its output format, without a temperature that it would refuse', async () => {
    const server = await startAnthropicServer({ models: ['claude-haiku-5-5'], refusesTemperature: true })
    const analyzer = await analyzerOf(server, { model: 'claude-haiku-5-5', temperature: 0 })
    const result = await analyzer.analyze(anAnalysisRequest(), new AbortController().signal)
    expect(result).toMatchObject({ ok: true, value: { usage: { model: 'claude-haiku-5-5' } } })
    expect(server.requests[0]?.body).toMatchObject({ output_config: { format: { type: 'json_schema' } } })
    await server[Symbol.asyncDispose]()
  })

  test('an account without credit, which comes as a bad request, is rejected', async () => {
    const message = 'Your credit balance is too low to access the Anthropic API.'
    const { result } = await judge([{ do: 'fail', status: 400, message }])
    expect(result).toMatchObject({ ok: false, error: { kind: 'rejected', message: expect.stringContaining('no credit left') as string } })
  })
})
