import { describe, expect, test } from 'vitest'
import { builtinPlugins } from '../plugins/builtin.ts'
import { loadConfig } from './load.ts'

const MINIMAL = 'version: 1\ncameras: [{ name: yard, source: { backend: folder, config: { path: /v } } }]\n'
const PRICE = 'price: { prompt_usd_per_mtok: 1, completion_usd_per_mtok: 1 }'
const HOME = "{ name: home, backend: openai, config: { base_url: 'http://localhost:1/v1' } }"
const FREE = HOME.replace('{ name', '{ free: true, name')
const CLAUDE = '{ backend: anthropic, config: { api_key_env: KEY } }'
const PRICED = `{ backend: anthropic, config: { api_key_env: KEY, ${PRICE} } }`

async function problemsOf(text: string): Promise<string[]> {
  const loaded = await loadConfig('/etc/homesec/config.yaml', {
    catalog: builtinPlugins,
    env: { KEY: 'k' },
    readFile: async () => Buffer.from(MINIMAL + text),
  })
  return loaded.ok ? [] : loaded.error.problems.map(({ path, message, advice }) => [path, message, advice].join(' | '))
}

const list = (analyzers: readonly string[], more = '', file = '') =>
  problemsOf(`vlm: { backend: fallback, ${more} config: { analyzers: [${analyzers.join(', ')}] } }\n${file}`)

describe('a budget in dollars', () => {
  const usd = 'daily_budget: { usd: 1 },'
  test.each([
    ['is fine with a price for each', [HOME.replace("v1' }", `v1', ${PRICE} }`), PRICED]],
    ['is fine when what has no price is free', [FREE, PRICED]],
    ['is fine when all are free', [FREE, FREE.replace('home', 'garage')]],
  ])('of a list %s', async (_name, analyzers) => {
    expect(await list(analyzers, usd)).toEqual([])
  })

  test('names each price that is missing', async () => {
    expect(await list([HOME, CLAUDE], usd)).toEqual([
      expect.stringMatching(
        /^vlm\.daily_budget\.usd \| needs vlm\.config\.analyzers\[0\]\.config\.price and vlm\.config\.analyzers\[1\]\.config\.price \| .*free: true/,
      ),
    ])
  })

  test('looks into lists in lists', async () => {
    const inner = `{ backend: fallback, config: { analyzers: [${PRICED}, { name: other, backend: google, config: { api_key_env: KEY } }] } }`
    expect(await list([FREE, inner], usd)).toEqual([expect.stringContaining('analyzers[1].config.analyzers[1].config.price')])
  })

  test('is no business of a list without one', async () => {
    expect(await list([HOME, CLAUDE], 'daily_budget: { tokens: 1000 },')).toEqual([])
  })
})

describe('the time of a list', () => {
  test('is enough for three by default', async () => {
    expect(await list([HOME, CLAUDE, CLAUDE.replace('{', '{ name: b,')])).toEqual([])
  })

  test.each([
    ['four, by default', [HOME, CLAUDE, CLAUDE.replace('{', '{ name: b,'), CLAUDE.replace('{', '{ name: c,')], ''],
    ['two, when a stage has less', [HOME, CLAUDE], 'timeouts: { vlm_s: 50 }\n'],
  ])('is too short for %s', async (_name, analyzers, file) => {
    expect(await list(analyzers, '', file)).toEqual([
      expect.stringMatching(/^vlm\.config\.part_timeout_s \| leaves the last model no time/),
    ])
  })
})

test('mistakes inside a list are found at their places', async () => {
  const found = await list([
    "{ backend: openai, config: { base_url: 'http://localhost:1/v1', modle: x } }",
    '{ backend: openia }',
    '{ backend: anthropic, config: {} }',
    '{ backend: google, config: { api_key_env: NOT_SET } }',
  ])
  expect(found.map((problem) => problem.split(' | ').slice(0, 2).join(' | '))).toEqual(
    expect.arrayContaining([
      expect.stringContaining('vlm.config.analyzers[0].config.modle | unknown key "modle"'),
      expect.stringContaining('vlm.config.analyzers[1].backend | there is no such plugin; Did you mean "openai"'),
      expect.stringContaining('vlm.config.analyzers[2].config.api_key_env | is missing'),
      expect.stringContaining('vlm.config.analyzers[3].config.api_key_env | the variable NOT_SET is not set'),
    ]),
  )
})

test('the alert policy may name the activity types of the list, and no others', async () => {
  const text = (type: string) =>
    `vlm: { backend: fallback, config: { activity_types: [parcel], analyzers: [${HOME}, ${CLAUDE}] } }\n` +
    `alert_policy: { config: { notify_on_activity_types: [${type}] } }\n`
  expect(await problemsOf(text('parcel'))).toEqual([])
  expect(await problemsOf(text('delivery'))).toEqual([expect.stringContaining('alert_policy.config.notify_on_activity_types')])
})

test('a missing model is told with the names of all', async () => {
  expect(await problemsOf('vlm: { trigger_classes: [car] }\n')).toEqual([
    expect.stringMatching(/^vlm\.backend \| is missing \| .*openai, anthropic, google, fallback, mock/),
  ])
})
