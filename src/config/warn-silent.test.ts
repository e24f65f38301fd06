import { describe, expect, test } from 'vitest'
import { builtinPlugins } from '../plugins/builtin.ts'
import { loadConfig } from './load.ts'

const CAMERA = 'version: 1\ncameras: [{ name: yard, source: { backend: folder, config: { path: /v } } }]\n'
const MODEL = "vlm: { backend: openai, config: { base_url: 'http://localhost:1/v1' } }\n"
const policy = (config: string) => `alert_policy: { config: { ${config} } }\n`
const ANIMALS = 'filter: { config: { classes: [person, cat, dog] } }\n'

async function warningsOf(text: string, before = CAMERA): Promise<readonly string[]> {
  const file = { catalog: builtinPlugins, env: {}, readFile: async () => Buffer.from(before + text) }
  const loaded = await loadConfig('/etc/homesec/config.yaml', file)
  return loaded.ok ? loaded.value.warnings : loaded.error.problems.map(({ path, message }) => `${path}: ${message}`)
}

describe('a household that could never be told anything is warned', () => {
  test.each([
    ['without a model, by default', ''],
    ['with a model that never runs', MODEL.replace('{ backend', '{ run_mode: never, backend')],
    ['with rules that need a judgement', policy('min_risk_level: low, notify_on_activity_types: [delivery]')],
    ['with an override that takes nothing in', policy('overrides: { yard: { notify_on_classes: [] } }')],
  ])('%s', async (_name, text) => {
    expect(await warningsOf(text)).toEqual([expect.stringMatching(/^alert_policy: .*notify_on_classes: \[person\]/)])
  })

  test.each([
    ['a model', MODEL],
    ['a class', policy('notify_on_classes: [person]')],
    ['motion', policy('notify_on_motion: true')],
    ['a class of one camera', policy('overrides: { yard: { notify_on_classes: [person] } }')],
    ['a policy that wants to be silent', 'alert_policy: { backend: noop }\n'],
    ['alerts switched off', 'alert_policy: { enabled: false }\n'],
  ])('but not with %s', async (_name, text) => {
    expect(await warningsOf(text)).toEqual([])
  })
})

test('a camera that could never alert is named beside one that does', async () => {
  const garage = 'cameras: [{ name: garage, source: { backend: folder, config: { path: /g } } }, { name: yard'
  const text = CAMERA.replace('cameras: [{ name: yard', garage) + policy('overrides: { yard: { notify_on_classes: [person] } }')
  expect(await warningsOf(text, '')).toEqual([expect.stringMatching(/^alert_policy: nothing of garage can alert/)])
})

describe('a class that nobody looks for is named', () => {
  test.each([
    ['in the policy', policy('notify_on_classes: [person, vehicle]'), 'alert_policy.config.notify_on_classes', 'vehicle'],
    [
      'in an override',
      policy('notify_on_classes: [person], overrides: { yard: { notify_on_classes: [dog] } }'),
      'alert_policy.config.overrides.yard.notify_on_classes',
      'dog',
    ],
    ['in the trigger of the model', MODEL.replace('{ backend', '{ trigger_classes: [person, car], backend'), 'vlm.trigger_classes', 'car'],
    ['by default', MODEL + 'filter: { config: { classes: [vehicle] } }\n', 'vlm.trigger_classes', 'person'],
  ])('%s', async (_name, text, path, name) => {
    expect(await warningsOf(text)).toEqual([expect.stringMatching(new RegExp(`^${path}: .*"${name}".*filter\\.config\\.classes`))])
  })

  test.each([
    ['a group of which one is looked for', ANIMALS + policy('notify_on_classes: [animal]')],
    ['a trigger that nobody asks', ANIMALS + MODEL.replace('{ backend', '{ run_mode: always, trigger_classes: [car], backend')],
  ])('but not %s', async (_name, text) => {
    expect(await warningsOf(text)).toEqual([])
  })
})
