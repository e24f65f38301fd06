import { describe, expect, test } from 'vitest'
import type { HomeCamera } from '../../../../contracts/home.ts'
import { mergedComponent, readDevice } from '../../../../testkit/home-assistant-rules.ts'
import { bridgeDevice, cameraDevice, cameraOf, type DeviceMessage } from './discovery.ts'

const BRIDGE = {
  id: 'ab12cd34',
  version: '1.2.3',
  state_topic: 'homecam/bridge/state',
  base_topic: 'homecam',
  discovery_prefix: 'homeassistant',
}
const CAMERA: HomeCamera = { name: 'front_door', backend: 'rtsp', state: 'ok', measures_motion: true, moving: false }

function taken({ topic, payload }: DeviceMessage) {
  return readDevice({ topic, payload: JSON.stringify(payload), qos: 1, retain: true })
}

describe('a camera', () => {
  test.each([
    CAMERA,
    { ...CAMERA, name: 'a-b_c' },
    { ...CAMERA, name: '-' },
    { ...CAMERA, name: 'alerts' },
    { ...CAMERA, measures_motion: false },
  ])('keeps all rules of Home Assistant: %j', (camera) => {
    for (const risk of [true, false]) expect(() => taken(cameraDevice(BRIDGE, camera, { risk }))).not.toThrow()
  })

  test('has what an owner expects', () => {
    const { topic, ...message } = cameraDevice(BRIDGE, CAMERA, { risk: true })
    const device = taken({ topic, ...message })
    expect(topic).toBe('homeassistant/device/homesec_ab12cd34_front_door/config')
    expect(device.device).toMatchObject({ name: 'Front door', sw_version: '1.2.3', via_device: 'homesec_ab12cd34' })
    const entities = Object.values(device.components).map(({ default_entity_id }) => default_entity_id)
    expect(entities.sort()).toEqual([
      'binary_sensor.front_door_motion',
      'binary_sensor.front_door_online',
      'binary_sensor.front_door_person',
      'button.front_door_silence',
      'event.front_door_alert',
      'image.front_door_image',
      'select.front_door_min_risk',
      'sensor.front_door_risk',
      'sensor.front_door_silenced',
      'sensor.front_door_summary',
      'switch.front_door_alerts',
    ])
  })

  test('that is away shows that it is, and keeps its switches and its last picture', () => {
    const device = taken(cameraDevice(BRIDGE, CAMERA, { risk: true }))
    const dependsOnCamera = Object.keys(device.components).filter((id) =>
      JSON.stringify(mergedComponent(device, id)['availability']).includes('/front_door/availability'),
    )
    expect(dependsOnCamera.sort()).toEqual(['motion', 'person'])
  })

  test('of a source that does not measure motion is still again after a while', () => {
    const { components } = taken(cameraDevice(BRIDGE, { ...CAMERA, measures_motion: false }, { risk: true }))
    expect(components['motion']).toMatchObject({ off_delay: 30 })
  })

  test('has no choice of risk where the policy knows none', () => {
    expect(taken(cameraDevice(BRIDGE, CAMERA, { risk: false })).components).not.toHaveProperty('min_risk')
  })

  test('is known again by its topic', () => {
    expect(cameraOf(BRIDGE, 'homesec_ab12cd34_front_door')).toBe('front_door')
    expect(cameraOf(BRIDGE, 'homesec_ab12cd34')).toBeNull()
    expect(cameraOf(BRIDGE, 'homesec_99999999_front_door')).toBeNull()
  })
})

test('HomeSec itself keeps all rules, and shows that it is gone when it is', () => {
  const device = taken(bridgeDevice(BRIDGE))
  expect(Object.keys(device.components)).toEqual(['online', 'problem', 'version', 'clips', 'disk', 'message'])
  const dependsOnItself = Object.keys(device.components).filter((id) =>
    JSON.stringify(mergedComponent(device, id)['availability']).includes('value_json.state'),
  )
  expect(dependsOnItself).not.toContain('online')
  expect(dependsOnItself).toHaveLength(5)
})

test('two HomeSecs on one broker have nothing in common', () => {
  const ids = [BRIDGE, { ...BRIDGE, id: '00000000' }].flatMap((bridge) =>
    [bridgeDevice(bridge), cameraDevice(bridge, CAMERA, { risk: true })].flatMap((message) => [
      message.topic,
      ...Object.values(taken(message).components).map(({ unique_id }) => unique_id),
    ]),
  )
  expect(new Set(ids).size).toBe(ids.length)
})
