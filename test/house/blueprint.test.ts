import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { changeFor } from '../../src/plugins/notifiers/mqtt/home-assistant/commands.ts'
import { alertEvent, EVENT_TYPES } from '../../src/plugins/notifiers/mqtt/home-assistant/payloads.ts'
import { commandOf } from '../../src/plugins/notifiers/mqtt/home-assistant/topics.ts'
import { anAlert } from '../../src/testkit/builders.ts'
import { read } from './repository.ts'

const text = read('integrations/home-assistant/homesec_alert.yaml')
const inputs: string[] = []
const INPUT_TAG = {
  tag: '!input',
  resolve: (name: string) => {
    inputs.push(name)
    return `!input ${name}`
  },
}

/** The frame of a blueprint as Home Assistant documents it; strict, so that a misspelt key is found. */
const BlueprintSchema = z.strictObject({
  blueprint: z.strictObject({
    name: z.string().min(1),
    description: z.string().min(20),
    domain: z.literal('automation'),
    homeassistant: z.strictObject({ min_version: z.union([z.string(), z.number()]) }),
    input: z.record(
      z.string(),
      z.strictObject({
        name: z.string(),
        description: z.string(),
        default: z.unknown().optional(),
        selector: z.record(z.string(), z.unknown()).refine((it) => Object.keys(it).length === 1),
      }),
    ),
  }),
  mode: z.enum(['single', 'restart', 'queued', 'parallel']),
  max: z.number().int().positive(),
  triggers: z.array(z.looseObject({ trigger: z.enum(['state', 'event', 'mqtt']) })).min(1),
  variables: z.record(z.string(), z.string()),
  actions: z.array(z.looseObject({})).min(1),
})
const blueprint = BlueprintSchema.parse(parse(text, { customTags: [INPUT_TAG] }))

describe("Home Assistant's blueprint", () => {
  test('uses each of its inputs, and no other', () => {
    expect([...new Set(inputs)].sort()).toEqual(Object.keys(blueprint.blueprint.input).sort())
  })

  test('reads nothing from an alert that an alert does not have', () => {
    const wanted = [...text.matchAll(/(?:trigger\.to_state\.attributes|\ba)\.(\w+)/g)].map(([, key = '']) => key)
    expect(wanted.length).toBeGreaterThan(5)
    expect(Object.keys(alertEvent(anAlert(), { thumbnail: null, replaces: null }))).toEqual(expect.arrayContaining(wanted))
  })

  test('offers the kinds of alert that there are', () => {
    const offered = /options: \[(.*)\]/.exec(text)?.[1]?.split(', ') ?? []
    expect([...offered, 'withdrawn'].sort()).toEqual([...EVENT_TYPES].sort())
  })

  test('silences a camera by a command that HomeSec understands', () => {
    const topic =
      /topic: ['"](.*)['"]/
        .exec(text)?.[1]
        ?.replace('{{ base_topic }}', 'homecam')
        .replace(/\{\{.*\}\}/, 'front_door') ?? ''
    const told = commandOf({ base_topic: 'homecam', discovery_prefix: 'homeassistant' }, topic)
    expect(told).toEqual({ camera: 'front_door', command: 'silence/set' })
    const minutes = /payload: ['"](.*)['"]/.exec(text)?.[1] ?? ''
    expect(changeFor('silence/set', minutes, new Date('2026-01-01T00:00:00Z'))).toEqual({ silenced_until: '2026-01-01T00:30:00.000Z' })
  })

  test('has no more buttons than Android shows, each with an action of its own for each alert', () => {
    const actions = [...text.matchAll(/\{'action': ('[^']*'[^,]*),/g)].map(([, action = '']) => action)
    expect(actions).toEqual(["'URI'", "'HOMESEC_SILENCE|' ~ camera ~ '|' ~ a.clip_id"])
  })

  test('replaces and clears by the tag of the event', () => {
    expect(text).toMatch(/tag: ['"]\{\{ tag \}\}['"]/)
    expect(text).toContain("'tag': tag")
    expect(text).toContain('clear_notification')
    expect(text).toContain("'alert_once': true")
  })
})
