import { UNKNOWN_ACTIVITY } from '../../../contracts/analysis-prompt.ts'
import type { ConfigNames, ConfigProblem } from '../../../contracts/plugin.ts'
import { closestName } from '../../../lib/closest-name.ts'
import type { AlertRuleOverrides, DefaultAlertPolicyConfig } from './default-alert-policy.ts'

const ACTIVITY_KEY = 'notify_on_activity_types'

/** Cameras and activity types that the policy names but nothing else in the configuration knows: rules that could never apply. */
export function checkNames(config: DefaultAlertPolicyConfig, names: ConfigNames): ConfigProblem[] {
  const overrides = Object.entries(config.overrides)
  return [
    ...activityProblems(config, [], names),
    ...overrides.filter(([camera]) => !names.cameras.includes(camera)).map(([camera]) => unknownCamera(camera, names.cameras)),
    ...overrides.flatMap(([camera, rules]) => activityProblems(rules, ['overrides', camera], names)),
  ]
}

function unknownCamera(camera: string, cameras: readonly string[]): ConfigProblem {
  return { path: ['overrides', camera], message: `unknown camera "${camera}"${hint(camera, cameras)} (known: ${listed(cameras)})` }
}

function activityProblems(rules: AlertRuleOverrides, path: readonly string[], { activityTypes }: ConfigNames): ConfigProblem[] {
  if (activityTypes === null) return []
  const known = [...new Set([...activityTypes, UNKNOWN_ACTIVITY])]
  return (rules.notify_on_activity_types ?? []).flatMap((type, index) =>
    known.includes(type)
      ? []
      : [
          {
            path: [...path, ACTIVITY_KEY, index],
            message: `activity type "${type}" is not one the analyzer can answer${hint(type, known)} (known: ${listed(known)})`,
          },
        ],
  )
}

function hint(name: string, known: readonly string[]): string {
  const near = closestName(name, known)
  return near === null ? '' : `; did you mean "${near}"?`
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}
