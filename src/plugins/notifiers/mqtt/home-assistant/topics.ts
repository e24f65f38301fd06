/** What is known of a camera, each on a topic of its own below `<base>/cameras/<camera>/`; retained, but for what would be untrue later. */
export const CAMERA_STATES = [
  'availability',
  'motion',
  'person',
  'image',
  'last',
  'alerts/state',
  'min_risk/state',
  'silence/state',
] as const
export type CameraState = (typeof CAMERA_STATES)[number]

/** What the owner can tell a camera. */
export const COMMANDS = ['alerts/set', 'min_risk/set', 'silence/set'] as const
export type Command = (typeof COMMANDS)[number]

export interface TopicNames {
  readonly base_topic: string
  readonly discovery_prefix: string
}

/** A level of their own keeps cameras named "alerts" or "bridge" apart from what is ours. */
export function cameraTopic({ base_topic }: TopicNames, camera: string, what: CameraState | Command | 'alert'): string {
  return `${base_topic}/cameras/${camera}/${what}`
}

export function bridgeTopic({ base_topic }: TopicNames, what: 'info' | 'message'): string {
  return `${base_topic}/bridge/${what}`
}

export function discoveryTopic({ discovery_prefix }: TopicNames, objectId: string): string {
  return `${discovery_prefix}/device/${objectId}/config`
}

/** Home Assistant says there that it has started. */
export function birthTopic({ discovery_prefix }: TopicNames): string {
  return `${discovery_prefix}/status`
}

/** Everything we listen to. */
export function subscriptions(names: TopicNames): string[] {
  return [birthTopic(names), discoveryTopic(names, '+'), ...COMMANDS.map((command) => cameraTopic(names, '+', command))]
}

/** The camera and the command that a topic stands for; null for any other topic. */
export function commandOf({ base_topic }: TopicNames, topic: string): { readonly camera: string; readonly command: Command } | null {
  const prefix = `${base_topic}/cameras/`
  if (!topic.startsWith(prefix)) return null
  const [camera = '', ...rest] = topic.slice(prefix.length).split('/')
  const command = COMMANDS.find((known) => known === rest.join('/'))
  return command === undefined || camera === '' ? null : { camera, command }
}

/** The object id that a discovery topic is about; null for any other topic. */
export function discovered({ discovery_prefix }: TopicNames, topic: string): string | null {
  const [start, end] = [`${discovery_prefix}/device/`, '/config']
  return topic.startsWith(start) && topic.endsWith(end) ? topic.slice(start.length, -end.length) : null
}
