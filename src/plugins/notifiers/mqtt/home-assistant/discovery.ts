import { RISK_LEVELS } from '../../../../contracts/analysis.ts'
import type { HomeCamera } from '../../../../contracts/home.ts'
import { EVENT_TYPES, NO_RISK } from './payloads.ts'
import { bridgeTopic, cameraTopic, discoveryTopic, type TopicNames } from './topics.ts'

export interface Bridge extends TopicNames {
  /** Tells two HomeSecs on one broker apart, and is the same for ever. */
  readonly id: string
  readonly version: string
  /** Retained `{"state":"online"|"offline"}`, by the broker's last will. */
  readonly state_topic: string
}

/** A device message as MQTT discovery takes it. */
export interface DeviceMessage {
  readonly topic: string
  readonly payload: Readonly<Record<string, unknown>>
}

export const ORIGIN_NAME = 'HomeSec'
/** Where nobody says that motion is over, Home Assistant says so. */
const MOTION_S = 30
const PERSON_S = 60
/** Home Assistant takes no longer state of a sensor. */
const LONGEST_STATE = 255

const STATE_IS = '{{ value_json.state }}'
const ON_IF_ONLINE = "{{ 'ON' if value_json.state == 'online' else 'OFF' }}"

export function bridgeObjectId({ id }: Pick<Bridge, 'id'>): string {
  return `homesec_${id}`
}

export function cameraObjectId(bridge: Pick<Bridge, 'id'>, camera: string): string {
  return `${bridgeObjectId(bridge)}_${camera}`
}

/** The camera that a discovery message of ours was about; null when it is none of our cameras. */
export function cameraOf(bridge: Pick<Bridge, 'id'>, objectId: string): string | null {
  const prefix = `${bridgeObjectId(bridge)}_`
  return objectId.startsWith(prefix) ? objectId.slice(prefix.length) : null
}

/** A camera as a device of Home Assistant. `risk`: whether the alert policy knows a least risk. Pure. */
export function cameraDevice(bridge: Bridge, camera: HomeCamera, { risk }: { readonly risk: boolean }): DeviceMessage {
  const objectId = cameraObjectId(bridge, camera.name)
  const components = { ...watching(bridge, camera), ...remembering(bridge, camera), ...switching(bridge, camera, risk) }
  const device = {
    identifiers: [objectId],
    name: deviceName(camera.name, components),
    manufacturer: ORIGIN_NAME,
    model: `${camera.backend} camera`,
    sw_version: bridge.version,
    via_device: bridgeObjectId(bridge),
  }
  return message(bridge, objectId, device, components)
}

/** What happens in front of it. */
function watching(bridge: Bridge, camera: HomeCamera) {
  const { entity, on } = namesOf(bridge, camera)
  // What the camera itself has to say is unknown while it is away; its switches and what it last said are not.
  const live = { availability: [availabilityOf(bridge), { topic: on('availability'), value_template: STATE_IS }], availability_mode: 'all' }
  return {
    alert: entity('event', 'alert', { name: 'Alert', icon: 'mdi:shield-alert', state_topic: on('alert'), event_types: EVENT_TYPES }),
    motion: entity('binary_sensor', 'motion', {
      device_class: 'motion',
      state_topic: on('motion'),
      ...(camera.measures_motion ? {} : { off_delay: MOTION_S }),
      ...live,
    }),
    person: entity('binary_sensor', 'person', {
      name: 'Person',
      device_class: 'occupancy',
      state_topic: on('person'),
      off_delay: PERSON_S,
      ...live,
    }),
    online: entity('binary_sensor', 'online', {
      device_class: 'connectivity',
      entity_category: 'diagnostic',
      state_topic: on('availability'),
      value_template: ON_IF_ONLINE,
    }),
  }
}

/** What was there last. */
function remembering(bridge: Bridge, camera: HomeCamera) {
  const { entity, on } = namesOf(bridge, camera)
  return {
    image: entity('image', 'image', { name: 'Last alert', image_topic: on('image'), content_type: 'image/jpeg' }),
    summary: entity('sensor', 'summary', {
      name: 'Last summary',
      icon: 'mdi:text-short',
      state_topic: on('last'),
      value_template: `{{ value_json.summary[:${LONGEST_STATE}] }}`,
      json_attributes_topic: on('last'),
    }),
    risk: entity('sensor', 'risk', {
      name: 'Last risk',
      device_class: 'enum',
      options: [NO_RISK, ...RISK_LEVELS],
      state_topic: on('last'),
      value_template: '{{ value_json.risk_level }}',
    }),
  }
}

/** What the owner can do. */
function switching(bridge: Bridge, camera: HomeCamera, risk: boolean) {
  const { entity, on } = namesOf(bridge, camera)
  return {
    alerts: entity('switch', 'alerts', {
      name: 'Alerts',
      icon: 'mdi:bell',
      state_topic: on('alerts/state'),
      command_topic: on('alerts/set'),
    }),
    silence: entity('button', 'silence', {
      name: 'Silence 30 minutes',
      icon: 'mdi:bell-sleep',
      command_topic: on('silence/set'),
      payload_press: '30',
    }),
    silenced: entity('sensor', 'silenced', {
      name: 'Silenced until',
      device_class: 'timestamp',
      entity_category: 'diagnostic',
      state_topic: on('silence/state'),
    }),
    ...(risk
      ? {
          min_risk: entity('select', 'min_risk', {
            name: 'Minimum risk',
            icon: 'mdi:tune',
            entity_category: 'config',
            options: RISK_LEVELS,
            state_topic: on('min_risk/state'),
            command_topic: on('min_risk/set'),
          }),
        }
      : {}),
  }
}

function namesOf(bridge: Bridge, { name }: HomeCamera) {
  const on = (what: Parameters<typeof cameraTopic>[2]) => cameraTopic(bridge, name, what)
  return { on, entity: entitiesOf(cameraObjectId(bridge, name), name) }
}

/** HomeSec itself as a device. Pure. */
export function bridgeDevice(bridge: Bridge): DeviceMessage {
  const objectId = bridgeObjectId(bridge)
  const info = { state_topic: bridgeTopic(bridge, 'info'), entity_category: 'diagnostic' }
  const entity = entitiesOf(objectId, 'homesec')
  const components = {
    online: entity('binary_sensor', 'online', {
      device_class: 'connectivity',
      entity_category: 'diagnostic',
      state_topic: bridge.state_topic,
      value_template: ON_IF_ONLINE,
      // Its own absence is what it is there to show.
      availability: [{ topic: bridge.state_topic, value_template: "{{ 'online' }}" }],
    }),
    problem: entity('binary_sensor', 'problem', {
      device_class: 'problem',
      ...info,
      value_template: "{{ 'OFF' if value_json.health == 'healthy' else 'ON' }}",
      json_attributes_topic: bridgeTopic(bridge, 'info'),
    }),
    version: entity('sensor', 'version', { name: 'Version', icon: 'mdi:tag', ...info, value_template: '{{ value_json.version }}' }),
    clips: entity('sensor', 'clips', {
      name: 'Clips in work',
      icon: 'mdi:filmstrip',
      state_class: 'measurement',
      ...info,
      value_template: '{{ value_json.clips_in_flight }}',
    }),
    disk: entity('sensor', 'disk', {
      name: 'Disk free',
      device_class: 'data_size',
      unit_of_measurement: 'GB',
      state_class: 'measurement',
      ...info,
      value_template: '{{ value_json.disk_free_gb }}',
    }),
    message: entity('sensor', 'message', {
      name: 'Last message',
      icon: 'mdi:message-alert',
      entity_category: 'diagnostic',
      state_topic: bridgeTopic(bridge, 'message'),
      value_template: `{{ value_json.message[:${LONGEST_STATE}] }}`,
      json_attributes_topic: bridgeTopic(bridge, 'message'),
    }),
  }
  const device = { identifiers: [objectId], name: ORIGIN_NAME, manufacturer: ORIGIN_NAME, model: 'Bridge', sw_version: bridge.version }
  return message(bridge, objectId, device, components)
}

function message(
  bridge: Bridge,
  objectId: string,
  device: Readonly<Record<string, unknown>>,
  components: Readonly<Record<string, unknown>>,
): DeviceMessage {
  const payload = {
    device,
    origin: { name: ORIGIN_NAME, sw_version: bridge.version },
    availability: [availabilityOf(bridge)],
    qos: 1,
    components,
  }
  return { topic: discoveryTopic(bridge, objectId), payload }
}

function availabilityOf({ state_topic }: Bridge) {
  return { topic: state_topic, value_template: STATE_IS }
}

interface EntityConfig {
  /** Absent: named after its device class. */
  readonly name?: string
  readonly [key: string]: unknown
}

function entitiesOf(objectId: string, name: string) {
  return (platform: string, id: string, config: EntityConfig): EntityConfig => ({
    platform,
    unique_id: `${objectId}_${id}`,
    default_entity_id: `${platform}.${name.replaceAll('-', '_')}_${id}`,
    ...config,
  })
}

/** Home Assistant wants no entity whose name begins with that of its device, as with a camera named "alerts". */
function deviceName(camera: string, components: Readonly<Record<string, EntityConfig>>): string {
  const plain = inWords(camera)
  const clashes = Object.values(components).some(({ name = '' }) => name.toLowerCase().startsWith(plain.toLowerCase()))
  return clashes ? `Camera ${plain}` : plain
}

/** `front_door` → `Front door`. */
function inWords(name: string): string {
  const words = name.replace(/[_-]+/g, ' ').trim() || name
  return words.charAt(0).toUpperCase() + words.slice(1)
}
