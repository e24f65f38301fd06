import { z } from 'zod'
import { ActivityTypesSchema } from '../../../contracts/analysis-prompt.ts'
import { RiskLevelInputSchema } from '../../../contracts/analysis.ts'
import { ClassListSchema } from '../../../contracts/detection.ts'
import { definePlugin } from '../../../contracts/plugin.ts'
import { checkNames } from './check-names.ts'

const riskLevel = RiskLevelInputSchema
const onMotion = z.boolean()
const activityTypes = ActivityTypesSchema
const classes = ClassListSchema
const onVlmFailure = z.boolean()

// No defaults in here: they would be filled in, and an override of one rule would reset the others.
const overrides = z.strictObject({
  min_risk_level: riskLevel.exactOptional(),
  notify_on_motion: onMotion.exactOptional(),
  notify_on_activity_types: activityTypes.exactOptional(),
  notify_on_classes: classes.exactOptional(),
  notify_on_vlm_failure: onVlmFailure.exactOptional(),
})

export const defaultAlertPolicy = definePlugin({
  kind: 'alert_policy',
  name: 'default',
  config: z.strictObject({
    min_risk_level: riskLevel
      .default('medium')
      .describe(
        'Clips judged this risky or more are announced: low, medium, high or critical. Default: everyday, low-risk visits stay silent.',
      ),
    notify_on_motion: onMotion
      .default(false)
      .describe('Announce every clip, whatever is in it. Default: motion alone (rain, shadows, cats) stays silent.'),
    notify_on_activity_types: activityTypes
      .default([])
      .describe('Announce these activities at any risk, e.g. `delivery`. Default: only the risk level counts.'),
    notify_on_classes: classes
      .default([])
      .describe(
        'Announce these detected classes without a judgement, e.g. `person`, `vehicle`; for households without a VLM. Default: none.',
      ),
    notify_on_vlm_failure: onVlmFailure
      .default(true)
      .describe('Announce a clip that should have been judged but could not be. Default: yes, so that an outage never hides a visitor.'),
    overrides: z
      .record(z.string(), overrides)
      .default({})
      .describe('Rules of single cameras, by camera name; each replaces the rule above, lists as a whole. Default: all cameras alike.'),
  }),
  check: checkNames,
  async create(config) {
    const { DefaultAlertPolicy } = await import('./default-alert-policy.ts')
    return new DefaultAlertPolicy(config)
  },
})
