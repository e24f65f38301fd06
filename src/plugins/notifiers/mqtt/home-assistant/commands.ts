import { RISK_LEVELS } from '../../../../contracts/analysis.ts'
import type { CameraSettings } from '../../../../contracts/home.ts'
import type { Command } from './topics.ts'

const MINUTES = /^\d{1,4}$/
const MOST_MINUTES = 1440

/** What a command from outside changes; null for one that means nothing. Pure. */
export function changeFor(command: Command, payload: string, now: Date): Partial<CameraSettings> | null {
  switch (command) {
    case 'alerts/set':
      return payload === 'ON' || payload === 'OFF' ? { alerts_on: payload === 'ON' } : null
    case 'min_risk/set': {
      const level = RISK_LEVELS.find((known) => known === payload)
      return level === undefined ? null : { min_risk_level: level }
    }
    case 'silence/set': {
      const minutes = Number(payload)
      if (!MINUTES.test(payload) || minutes > MOST_MINUTES) return null
      return { silenced_until: minutes === 0 ? null : new Date(now.getTime() + minutes * 60_000).toISOString() }
    }
  }
}
