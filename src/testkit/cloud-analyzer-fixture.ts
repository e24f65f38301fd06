import { afterEach } from 'vitest'
import type { AnalysisRequest, VlmAnalyzer } from '../contracts/analyzer.ts'
import type { Plugin, PluginHost } from '../contracts/plugin.ts'
import { anAnalysisRequest } from './analyzer-contract.ts'
import { FakeClock } from './fake-clock.ts'
import { memoryLogger } from './memory-logger.ts'
import type { ModelApiServer, ModelBehaviour } from './model-api-server.ts'
import { built, testHost } from './plugin-host.ts'

const live = new AbortController().signal

export interface CloudAnalyzerUnderTest {
  readonly plugin: Plugin<'analyzer'>
  readonly start: (options?: { readonly apiKey?: string }) => Promise<ModelApiServer>
  /** The one that the server lets in. */
  readonly apiKey: string
  readonly defaultHost: string
  /** How many pictures of 3000×2000 one request may carry; null: the service has no limits that we know. */
  readonly largePictures: number | null
  /** The name of the model is part of an address there: so it is checked in the config, and a ping finds out whether it exists. */
  readonly modelInAddress: boolean
}

export interface CloudFixture {
  readonly start: CloudAnalyzerUnderTest['start']
  readonly analyzerOf: (server: { readonly url: string }, config?: object, host?: Partial<PluginHost>) => Promise<VlmAnalyzer>
  readonly judge: (behaviours: readonly ModelBehaviour[], config?: object, request?: Partial<AnalysisRequest>) => Promise<Judged>
}

export interface Judged {
  readonly result: Awaited<ReturnType<VlmAnalyzer['analyze']>>
  readonly requests: ModelApiServer['requests']
  readonly logged: string
}

/** Servers and analyzers of one test, closed after it. */
export function cloudFixture({ plugin, start, apiKey }: CloudAnalyzerUnderTest): CloudFixture {
  const open: AsyncDisposable[] = []
  afterEach(async () => {
    for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]()
  })
  const fixture: CloudFixture = {
    async start(options) {
      const server = await start(options)
      open.push(server)
      return server
    },
    async analyzerOf(server, config = {}, host = {}) {
      const raw = { model: 'test-model', base_url: server.url, api_key_env: 'TEST_KEY', activity_types: ['person_at_door', 'delivery'] }
      const analyzer = await built(plugin, { ...raw, ...config }, testHost({ env: { TEST_KEY: apiKey }, ...host }))
      open.push(analyzer)
      return analyzer
    },
    async judge(behaviours, config = {}, request = {}) {
      const log = memoryLogger()
      const server = await fixture.start()
      server.behave(...behaviours)
      const analyzer = await fixture.analyzerOf(server, config, { log, clock: new FakeClock() })
      const result = await analyzer.analyze(anAnalysisRequest(request), live)
      return { result, requests: server.requests, logged: JSON.stringify(log.lines) }
    },
  }
  return fixture
}
