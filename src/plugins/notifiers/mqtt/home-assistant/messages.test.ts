import { describe, expect, test } from 'vitest'
import { anAlert } from '../../../../testkit/builders.ts'
import { changeFor } from './commands.ts'
import { alertEvent, EVENT_TYPES } from './payloads.ts'
import { originOf } from './read-discovery.ts'
import { commandOf, discovered } from './topics.ts'

const NAMES = { base_topic: 'homecam', discovery_prefix: 'homeassistant' }
const NONE = { thumbnail: null, replaces: null }
const NOW = new Date('2026-01-01T12:00:00Z')

describe('a command', () => {
  test.each([
    ['homecam/cameras/front_door/alerts/set', { camera: 'front_door', command: 'alerts/set' }],
    ['homecam/cameras/front_door/silence/set', { camera: 'front_door', command: 'silence/set' }],
    ['homecam/cameras/front_door/alerts/state', null],
    ['homecam/cameras/alerts/set', null],
    ['homecam/cameras//alerts/set', null],
    ['homecam/alerts/front_door', null],
    ['other/cameras/front_door/alerts/set', null],
  ])('on %s is %j', (topic, expected) => {
    expect(commandOf(NAMES, topic)).toEqual(expected)
  })

  test.each([
    ['alerts/set', 'ON', { alerts_on: true }],
    ['alerts/set', 'OFF', { alerts_on: false }],
    ['alerts/set', 'off', null],
    ['min_risk/set', 'high', { min_risk_level: 'high' }],
    ['min_risk/set', 'none', null],
    ['silence/set', '30', { silenced_until: '2026-01-01T12:30:00.000Z' }],
    ['silence/set', '0', { silenced_until: null }],
    ['silence/set', '1441', null],
    ['silence/set', '-5', null],
    ['silence/set', '1e3', null],
    ['silence/set', '', null],
  ] as const)('%s "%s" means %j', (command, payload, expected) => {
    expect(changeFor(command, payload, NOW)).toEqual(expected)
  })
})

describe('an alert as an event', () => {
  test.each([
    [{}, 'high'],
    [{ stage: 'first', risk_level: null, summary: null }, 'unverified'],
    [{ risk_level: null, vlm_failed: true }, 'unverified'],
    [{ stage: 'withdrawn' }, 'withdrawn'],
  ] as const)('%j is of type %s', (changes, type) => {
    const event = alertEvent(anAlert(changes), NONE)
    expect(event.event_type).toBe(type)
    expect(EVENT_TYPES).toContain(type)
    expect(event.tag).toBe('homesec-front_door_1767225600.mp4')
  })

  test('says whether it has a picture of its own, and whether it is the second of its kind', () => {
    expect(alertEvent(anAlert(), NONE)).toMatchObject({ has_picture: false, replaces: false })
    expect(alertEvent(anAlert(), { thumbnail: Uint8Array.of(1), replaces: 'first' })).toMatchObject({ has_picture: true, replaces: true })
  })

  test('says what was seen until somebody has judged it', () => {
    expect(alertEvent(anAlert({ summary: null, detected_classes: ['person', 'dog'] }), NONE).summary).toBe('Seen: person, dog')
    expect(alertEvent(anAlert({ summary: null, detected_classes: [] }), NONE).summary).toBe('Motion')
  })
})

test.each([
  ['{"origin":{"name":"HomeSec"}}', 'HomeSec'],
  ['{"o":{"name":"Zigbee2MQTT"},"dev":{}}', 'Zigbee2MQTT'],
  ['{"device":{}}', null],
  ['', null],
  ['[', null],
])('whose device message %s is: %s', (payload, expected) => {
  expect(originOf(Buffer.from(payload))).toBe(expected)
})

test.each([
  ['homeassistant/device/homesec_1/config', 'homesec_1'],
  ['homeassistant/sensor/x/config', null],
  ['homeassistant/status', null],
])('the topic %s is about %s', (topic, expected) => {
  expect(discovered(NAMES, topic)).toBe(expected)
})
