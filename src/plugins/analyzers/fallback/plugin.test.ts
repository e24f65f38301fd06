import { describe, expect, test } from 'vitest'
import type { VlmAnalyzer } from '../../../contracts/analyzer.ts'
import type { ConfigProblem, LoadPart, PartChoice, PluginInstances, PluginKind } from '../../../contracts/plugin.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { anAnalysisRequest } from '../../../testkit/analyzer-contract.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { configNames, testHost } from '../../../testkit/plugin-host.ts'
import { mockAnalyzer } from '../mock/plugin.ts'
import { fallbackAnalyzer } from './plugin.ts'

const live = new AbortController().signal
const MOCK = { backend: 'mock' }

/** A host whose parts are mocks; `broken` cannot be built. */
function hostOf() {
  const built: PartChoice[] = []
  const log = memoryLogger()
  const loadMock = async (part: PartChoice): Promise<Result<VlmAnalyzer, readonly ConfigProblem[]>> => {
    built.push(part)
    return part.backend === 'mock' ? mockAnalyzer.load(part.config, testHost()) : err([{ path: [], message: 'KEY is not set' }])
  }
  // Only analyzers are asked for here.
  const loadPart: LoadPart = async <K extends PluginKind>(_kind: K, part: PartChoice) =>
    (await loadMock(part)) as Result<PluginInstances[K], readonly ConfigProblem[]>
  return { built, log, host: testHost({ loadPart, log }) }
}

const problems = (config: object) =>
  fallbackAnalyzer.problems(
    config,
    configNames({
      partProblems: (_kind, { backend }) => (backend === 'odd' ? [{ path: ['backend'], message: 'there is no such plugin' }] : []),
    }),
  )

describe('its parts', () => {
  test('get the activity types of the list, unless they have their own', async () => {
    const { built, host } = hostOf()
    const own = { name: 'own', backend: 'mock', config: { activity_types: ['delivery'] } }
    const loaded = await fallbackAnalyzer.load({ activity_types: ['delivery', 'visitor'], analyzers: [MOCK, own] }, host)
    expect(loaded.ok).toBe(true)
    expect(built).toEqual([
      { name: 'mock', backend: 'mock', config: { activity_types: ['delivery', 'visitor'] } },
      { name: 'own', backend: 'mock', config: { activity_types: ['delivery'] } },
    ])
  })

  test('are named after their backend', async () => {
    const { built, host } = hostOf()
    expect(await fallbackAnalyzer.load({ analyzers: [MOCK, { backend: '@acme/homesec.vlm' }] }, host)).toMatchObject({ ok: true })
    expect(built.map(({ name }) => name)).toEqual(['mock', 'acme-homesec-vlm'])
  })

  test('that cannot be built keep the others from nothing, and doctor says why', async () => {
    const { host, log } = hostOf()
    const loaded = await fallbackAnalyzer.load({ analyzers: [{ backend: 'broken' }, MOCK] }, host)
    if (!loaded.ok) throw new Error('not built')
    expect(await loaded.value.analyze(anAnalysisRequest(), live)).toMatchObject({ ok: true, value: { usage: { model: 'mock' } } })
    expect(await loaded.value.ping(live)).toEqual(ok({ model: 'mock', detail: 'broken does not work: KEY is not set' }))
    expect(log.lines.map(({ fields }) => fields['event_type'])).toContain('vlm_part_broken')
  })

  test('of which none can be built are a reason not to be built', async () => {
    const { host } = hostOf()
    const loaded = await fallbackAnalyzer.load({ analyzers: [{ backend: 'broken' }, { backend: 'worse' }] }, host)
    expect(loaded).toMatchObject({
      ok: false,
      error: [{ message: expect.stringMatching(/broken: KEY is not set; worse: KEY is not set$/) as string }],
    })
  })
})

describe('the config', () => {
  test.each<[string, object, ConfigProblem['path'][]]>([
    ['two parts are fine', { analyzers: [MOCK, { name: 'b', backend: 'mock' }] }, []],
    ['one part is no list', { analyzers: [MOCK] }, [['analyzers']]],
    ['two of one backend need names', { analyzers: [MOCK, MOCK] }, [['analyzers', 1, 'name']]],
    ['names are simple', { analyzers: [MOCK, { name: 'My Model', backend: 'mock' }] }, [['analyzers', 1, 'name']]],
    ['what is wrong with a part is told at its place', { analyzers: [MOCK, { backend: 'odd' }] }, [['analyzers', 1, 'backend']]],
    ['a key that is not known is told', { analyzers: [MOCK, { name: 'b', backend: 'mock', fre: true }] }, [['analyzers', 1, 'fre']]],
    [
      'a part’s own activity types are among those of the list',
      {
        activity_types: ['visitor'],
        analyzers: [MOCK, { name: 'b', backend: 'mock', config: { activity_types: ['visitor', 'ufo', 'unknown'] } }],
      },
      [['analyzers', 1, 'config', 'activity_types', 1]],
    ],
  ])('%s', (_name, config, paths) => {
    expect(problems(config).map(({ path }) => path)).toEqual(paths)
  })
})
