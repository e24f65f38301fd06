import { describe, expect, test } from 'vitest'
import { AnalysisResultSchema, VlmUsageSchema } from '../contracts/analysis.ts'
import { allowedActivities } from '../contracts/analysis-prompt.ts'
import type { AnalysisRequest, VlmAnalyzer } from '../contracts/analyzer.ts'
import { aFilterResult } from './builders.ts'

const live = new AbortController().signal
const cancelled = { ok: false, error: { kind: 'cancelled' } }

/** What the suite needs from an analyzer under test. */
export interface AnalyzerUnderTest {
  /** One that can answer with these activity types, of a model that works. */
  readonly working: (activityTypes: readonly string[]) => Promise<VlmAnalyzer>
  /** One whose model takes a request and never answers. `started` resolves when it has taken one. */
  readonly hanging: () => Promise<{ readonly analyzer: VlmAnalyzer; readonly started: Promise<unknown> }>
}

/** Every analyzer runs this. */
export function analyzerContract(name: string, underTest: AnalyzerUnderTest): void {
  describe(`analyzer contract: ${name}`, () => {
    test('a judgement fits its schema, and its activity is one of those configured', async () => {
      const types = ['delivery', 'person_at_door']
      await using analyzer = await underTest.working(types)
      const result = await analyzer.analyze(anAnalysisRequest(), live)
      if (!result.ok) throw new Error(`${result.error.kind}: ${result.error.message}`)
      expect(AnalysisResultSchema.parse(result.value.analysis)).toEqual(result.value.analysis)
      expect(VlmUsageSchema.parse(result.value.usage)).toEqual(result.value.usage)
      expect(allowedActivities(types)).toContain(result.value.analysis.activity_type)
    })

    test('many clips at once are each judged', async () => {
      await using analyzer = await underTest.working(['delivery'])
      const results = await Promise.all(Array.from({ length: 5 }, () => analyzer.analyze(anAnalysisRequest(), live)))
      expect(results.map((result) => result.ok)).toEqual([true, true, true, true, true])
    })

    test('a ping names the model', async () => {
      await using analyzer = await underTest.working([])
      expect(await analyzer.ping(live)).toMatchObject({ ok: true, value: { model: expect.stringMatching(/./) as string } })
    })

    test('an aborted signal cancels before anything is sent', async () => {
      await using analyzer = await underTest.working([])
      expect(await analyzer.analyze(anAnalysisRequest(), AbortSignal.abort())).toMatchObject(cancelled)
      expect(await analyzer.ping(AbortSignal.abort())).toMatchObject(cancelled)
    })

    test('an abort under way cancels, although the model never answers', async () => {
      const { analyzer, started } = await underTest.hanging()
      const abort = new AbortController()
      const judging = analyzer.analyze(anAnalysisRequest(), abort.signal)
      await started
      abort.abort()
      expect(await judging).toMatchObject(cancelled)
      await analyzer[Symbol.asyncDispose]()
    })

    test('a closed analyzer judges nothing, and closing twice is fine', async () => {
      const analyzer = await underTest.working([])
      await analyzer[Symbol.asyncDispose]()
      await analyzer[Symbol.asyncDispose]()
      expect(await analyzer.analyze(anAnalysisRequest(), live)).toMatchObject(cancelled)
    })
  })
}

export function anAnalysisRequest(changes: Partial<AnalysisRequest> = {}): AnalysisRequest {
  return {
    camera_name: 'front_door',
    start_ts: '2026-01-01T00:00:00.000Z',
    duration_s: 10,
    filter_result: aFilterResult(),
    frames: [
      { second: 1, jpeg: TINY_JPEG },
      { second: 6.4, jpeg: TINY_JPEG },
    ],
    ...changes,
  }
}

/** A grey picture of 16×16 pixels. */
export const TINY_JPEG: Uint8Array = Buffer.from(
  '/9j/4AAQSkZJRgABAgAAAQABAAD/2wBDAAg+Pkk+SVVVVVVVVWRdZGhoaGRkZGRoaGhwcHCDg4NwcHBoaHBwfHyDg4+Tj4eHg4eTk5ubm7q6srLZ2eD/////xABKAAEAAAAAAAAAAAAA' +
    'AAAAAAAAAQEAAAAAAAAAAAAAAAAAAAAAEAEAAAAAAAAAAAAAAAAAAAAAEQEAAAAAAAAAAAAAAAAAAAAA/8AAEQgAEAAQAwEiAAIRAAMRAP/aAAwDAQACEQMRAD8AAA//2Q==',
  'base64',
)
