import { expect, test } from 'vitest'
import { discoveryProblems } from './home-assistant-rules.ts'

const GOOD = {
  device: { identifiers: ['x'], name: 'Front door' },
  origin: { name: 'HomeSec' },
  availability: [{ topic: 'homecam/bridge/state', value_template: '{{ value_json.state }}' }],
  components: {
    alert: {
      platform: 'event',
      unique_id: 'x_alert',
      default_entity_id: 'event.front_door_alert',
      state_topic: 'a/b',
      event_types: ['low'],
    },
    risk: { platform: 'sensor', unique_id: 'x_risk', device_class: 'enum', options: ['none'], state_topic: 'a/c' },
  },
}

function problems(change: (message: typeof GOOD & Record<string, unknown>) => unknown, envelope: object = {}): string {
  const payload = structuredClone(GOOD)
  change(payload)
  const message = { topic: 'homeassistant/device/homesec_1/config', payload: JSON.stringify(payload), qos: 1, retain: true, ...envelope }
  return discoveryProblems(message).join('; ')
}

test('a message that keeps the rules is taken', () => {
  expect(problems(() => undefined)).toBe('')
})

test.each<readonly [string, Parameters<typeof problems>[0], RegExp]>([
  ['no origin', (it) => Reflect.deleteProperty(it, 'origin'), /origin/],
  ['a device without identifiers', (it) => (it.device.identifiers = []), /device.identifiers/],
  ['a component without its unique id', (it) => Reflect.deleteProperty(it.components.alert, 'unique_id'), /alert.unique_id/],
  ['a unique id that stands twice', (it) => (it.components.risk.unique_id = 'x_alert'), /unique_id: x_alert stands twice/],
  ['a platform that is not there', (it) => (it.components.risk.platform = 'sensors'), /risk.platform/],
  ['an unknown key', (it) => Object.assign(it.components.alert, { object_id: 'x' }), /Unrecognized key: "object_id"/],
  ['an event without types', (it) => (it.components.alert.event_types = []), /event_types/],
  ['a topic with a wildcard', (it) => (it.components.alert.state_topic = 'a/+'), /wildcards/],
  ['an entity id of another platform', (it) => (it.components.alert.default_entity_id = 'sensor.a'), /not event.something/],
  ['a name that repeats the device', (it) => Object.assign(it.components.alert, { name: 'Front door alert' }), /repeats the name/],
  ['an enum without options', (it) => Reflect.deleteProperty(it.components.risk, 'options'), /options belong/],
  ['an enum with a unit', (it) => Object.assign(it.components.risk, { unit_of_measurement: 'GB' }), /neither unit/],
  ['a sensor to configure', (it) => Object.assign(it.components.risk, { entity_category: 'config' }), /category config/],
  ['a device class of another platform', (it) => (it.components.risk.device_class = 'occupancy'), /device_class/],
  [
    'both kinds of availability in one',
    (it) => Object.assign(it.components.alert, { availability: [], availability_topic: 'a' }),
    /exclude each other/,
  ],
  [
    'an availability topic beside the list of the root',
    (it) => Object.assign(it.components.alert, { availability_topic: 'a' }),
    /from the root/,
  ],
])('%s is refused', (_name, change, complaint) => {
  expect(problems(change)).toMatch(complaint)
})

test.each([
  [{ topic: 'homeassistant/device/front door/config' }, /no device discovery topic/],
  [{ topic: 'homeassistant/sensor/x/config' }, /no device discovery topic/],
  [{ qos: 0 }, /QoS 1/],
  [{ retain: false }, /retained/],
])('a message sent as %j is refused', (envelope, complaint) => {
  expect(problems(() => undefined, envelope)).toMatch(complaint)
})
