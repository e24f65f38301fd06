import type { CameraSettings, HomeCamera, HomeStatus } from '../../../../contracts/home.ts'
import type { Publication } from '../session.ts'
import { bridgeTopic, cameraTopic, type CameraState, type TopicNames } from './topics.ts'

/** A state as Home Assistant reads it from its topic: retained, so that it is known to whoever comes later. Pure. */
export function retained(topic: string, payload: string | Uint8Array): Publication {
  return { topic, payload, qos: 1, retain: true }
}

export function stateOf(names: TopicNames, camera: string, what: CameraState, payload: string | Uint8Array): Publication {
  return retained(cameraTopic(names, camera, what), payload)
}

export function availability(names: TopicNames, camera: string, state: string): Publication {
  return stateOf(names, camera, 'availability', JSON.stringify({ state: state === 'ok' ? 'online' : 'offline' }))
}

/** Where nobody says that it is over, it must not be said again to whoever comes later. */
export function motion(
  names: TopicNames,
  { name, measures_motion }: Pick<HomeCamera, 'name' | 'measures_motion'>,
  moving: boolean,
): Publication {
  return { ...stateOf(names, name, 'motion', onOff(moving)), retain: measures_motion || !moving }
}

/** Never retained: it says itself that it is over. */
export function person(names: TopicNames, camera: string): Publication {
  return { ...stateOf(names, camera, 'person', onOff(true)), retain: false }
}

/** What the owner can switch. @param minRisk null: the alert policy knows none. */
export function settings(
  names: TopicNames,
  camera: string,
  { alerts_on, silenced_until }: CameraSettings,
  minRisk: string | null,
): readonly Publication[] {
  return [
    stateOf(names, camera, 'alerts/state', onOff(alerts_on)),
    // "None" is how a sensor is told that it has no value.
    stateOf(names, camera, 'silence/state', silenced_until ?? 'None'),
    ...(minRisk === null ? [] : [stateOf(names, camera, 'min_risk/state', minRisk)]),
  ]
}

export function bridgeInfo(names: TopicNames, version: string, { health, clips_in_flight, free_bytes }: HomeStatus): Publication {
  const disk_free_gb = free_bytes === null ? null : Math.round(free_bytes / 1e8) / 10
  return retained(bridgeTopic(names, 'info'), JSON.stringify({ version, health, clips_in_flight, disk_free_gb }))
}

function onOff(on: boolean): string {
  return on ? 'ON' : 'OFF'
}
