import { z } from 'zod'

/**
 * Home Assistant's documented rules for an MQTT device message, as far as a message of ours can break them.
 * https://www.home-assistant.io/integrations/mqtt/#discovery-messages-and-availability and the page of each platform.
 */
const topic = z
  .string()
  .min(1)
  .max(65_535)
  .regex(/^[^+#\0]+$/, 'a topic to publish on has no wildcards')
const template = z.string().regex(/\{\{.*\}\}/s, 'a template has {{ }}')
const text = z.string().min(1)

const AvailabilitySchema = z.strictObject({
  topic,
  value_template: template.optional(),
  payload_available: text.optional(),
  payload_not_available: text.optional(),
})

/** What every component may have, and what the root lends to those that lack it. */
const SHARED = {
  availability: z.array(AvailabilitySchema).optional(),
  availability_topic: topic.optional(),
  availability_mode: z.enum(['all', 'any', 'latest']).optional(),
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
  encoding: z.string().optional(),
}

const ENTITY = {
  ...SHARED,
  unique_id: z.string().min(1),
  default_entity_id: z.string().optional(),
  name: text.nullable().optional(),
  icon: z
    .string()
    .regex(/^mdi:[a-z0-9-]+$/)
    .optional(),
  entity_category: z.enum(['config', 'diagnostic']).optional(),
  json_attributes_topic: topic.optional(),
  value_template: template.optional(),
}

const EventSchema = z.strictObject({
  platform: z.literal('event'),
  ...ENTITY,
  device_class: z.enum(['doorbell', 'button', 'motion']).optional(),
  state_topic: topic,
  event_types: z.array(text).min(1),
})
const BinarySensorSchema = z.strictObject({
  platform: z.literal('binary_sensor'),
  ...ENTITY,
  device_class: z.enum(['motion', 'occupancy', 'connectivity', 'problem', 'presence', 'running', 'update']).optional(),
  state_topic: topic,
  off_delay: z.number().int().positive().optional(),
})
const SensorSchema = z
  .strictObject({
    platform: z.literal('sensor'),
    ...ENTITY,
    entity_category: z.literal('diagnostic', 'a sensor cannot be of the category config').optional(),
    device_class: z.enum(['enum', 'timestamp', 'data_size', 'duration']).optional(),
    state_topic: topic,
    options: z.array(text).min(1).optional(),
    state_class: z.enum(['measurement', 'total', 'total_increasing']).optional(),
    unit_of_measurement: text.optional(),
  })
  .refine((sensor) => (sensor.device_class === 'enum') === (sensor.options !== undefined), 'options belong to the device class enum')
  .refine(
    (sensor) => sensor.options === undefined || (!sensor.state_class && !sensor.unit_of_measurement),
    'an enum has neither unit nor state class',
  )
  .refine((sensor) => sensor.device_class !== 'data_size' || sensor.unit_of_measurement !== undefined, 'a data size has a unit')
const ImageSchema = z
  .strictObject({
    platform: z.literal('image'),
    ...ENTITY,
    image_topic: topic.optional(),
    url_topic: topic.optional(),
    content_type: z.string().startsWith('image/').optional(),
    image_encoding: z.literal('b64').optional(),
  })
  .refine((image) => (image.image_topic === undefined) !== (image.url_topic === undefined), 'image_topic or url_topic, not both')
const SwitchSchema = z.strictObject({ platform: z.literal('switch'), ...ENTITY, command_topic: topic, state_topic: topic.optional() })
const ButtonSchema = z.strictObject({
  platform: z.literal('button'),
  ...ENTITY,
  command_topic: topic,
  payload_press: text.optional(),
  device_class: z.enum(['identify', 'restart', 'update']).optional(),
})
const SelectSchema = z.strictObject({
  platform: z.literal('select'),
  ...ENTITY,
  command_topic: topic,
  state_topic: topic.optional(),
  options: z.array(text).min(1),
})

const ComponentSchema = z.discriminatedUnion('platform', [
  EventSchema,
  BinarySensorSchema,
  SensorSchema,
  ImageSchema,
  SwitchSchema,
  ButtonSchema,
  SelectSchema,
])
export type HomeAssistantComponent = z.output<typeof ComponentSchema>

const DeviceSchema = z.strictObject({
  identifiers: z.array(text).min(1),
  name: text,
  manufacturer: text.optional(),
  model: text.optional(),
  sw_version: text.optional(),
  configuration_url: z.url().optional(),
  via_device: text.optional(),
})

const DeviceMessageSchema = z.strictObject({
  device: DeviceSchema,
  origin: z.strictObject({ name: text, sw_version: text.optional(), support_url: z.url().optional() }),
  components: z.record(z.string().regex(/^[a-zA-Z0-9_-]+$/), ComponentSchema),
  ...SHARED,
  state_topic: topic.optional(),
  command_topic: topic.optional(),
})
export type HomeAssistantDevice = z.output<typeof DeviceMessageSchema>

const DISCOVERY = /^[^+#]+\/device\/([a-zA-Z0-9_-]+)\/config$/
/** What the root lends to every component that has no such key of its own. */
const LENT = ['availability', 'availability_topic', 'availability_mode', 'qos', 'encoding', 'state_topic', 'command_topic'] as const

export interface DiscoveryMessage {
  readonly topic: string
  readonly payload: string
  readonly qos: number
  readonly retain: boolean
}

/** Everything Home Assistant would refuse, or warn of, in one device message. Empty: it takes it. */
export function discoveryProblems(message: DiscoveryMessage): string[] {
  const problems: string[] = []
  if (!DISCOVERY.test(message.topic)) problems.push(`topic: ${message.topic} is no device discovery topic`)
  if (!message.retain) problems.push('retain: discovery is retained, or Home Assistant knows nothing after its restart')
  if (message.qos !== 1) problems.push('qos: discovery is sent with QoS 1')
  const parsed = DeviceMessageSchema.safeParse(JSON.parse(message.payload))
  if (!parsed.success) return [...problems, ...parsed.error.issues.map(({ path, message: text }) => `${path.join('.')}: ${text}`)]
  return [...problems, ...componentProblems(parsed.data)]
}

/** The device of a message that breaks no rule; rejects any other. */
export function readDevice(message: DiscoveryMessage): HomeAssistantDevice {
  const problems = discoveryProblems(message)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return DeviceMessageSchema.parse(JSON.parse(message.payload))
}

/** A component with what the root lends it, as Home Assistant reads it. */
export function mergedComponent(device: HomeAssistantDevice, id: string): Readonly<Record<string, unknown>> {
  const own: Readonly<Record<string, unknown>> = device.components[id] ?? {}
  const lent = LENT.filter((key) => device[key] !== undefined && own[key] === undefined)
  return { ...Object.fromEntries(lent.map((key) => [key, device[key]])), ...own }
}

function componentProblems(device: HomeAssistantDevice): string[] {
  const all = Object.entries(device.components)
  const repeated = (key: 'unique_id' | 'default_entity_id') => {
    const values = all.flatMap(([, component]) => component[key] ?? [])
    return values.filter((value, index) => values.indexOf(value) !== index).map((value) => `${key}: ${value} stands twice`)
  }
  return [
    ...repeated('unique_id'),
    ...repeated('default_entity_id'),
    ...all.flatMap(([id, component]) => [
      ...nameProblems(id, component, device.device.name),
      ...entityIdProblems(id, component),
      ...availabilityProblems(id, mergedComponent(device, id)),
    ]),
  ]
}

function nameProblems(id: string, { name }: HomeAssistantComponent, deviceName: string): string[] {
  if (name == null || !name.toLowerCase().startsWith(deviceName.toLowerCase())) return []
  return [`${id}.name: repeats the name of the device`]
}

function entityIdProblems(id: string, { platform, default_entity_id }: HomeAssistantComponent): string[] {
  if (default_entity_id === undefined) return []
  const fits = new RegExp(`^${platform}\\.[a-z0-9_]+$`).test(default_entity_id)
  return fits ? [] : [`${id}.default_entity_id: ${default_entity_id} is not ${platform}.something`]
}

function availabilityProblems(id: string, merged: Readonly<Record<string, unknown>>): string[] {
  const both = merged['availability'] !== undefined && merged['availability_topic'] !== undefined
  return both ? [`${id}: availability and availability_topic exclude each other, also when one comes from the root`] : []
}
