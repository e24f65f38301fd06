import { z } from 'zod'
import { RiskLevelInputSchema } from '../contracts/analysis.ts'
import { CAMERA_NAME_PATTERN } from '../contracts/clip.ts'
import { WEEKDAYS } from '../contracts/weekdays.ts'
import { backend, pluginConfig } from './schema-parts.ts'

const timeOfDay = () => z.string().regex(/^(?:[01]?\d|2[0-3]):[0-5]\d$/, 'use a time such as "22:00"')

const isTimeZone = (name: string) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format() !== ''
  } catch {
    return false
  }
}

const QuietHoursSchema = z
  .strictObject({
    from: timeOfDay().describe('When it begins to be quiet, such as "22:00".'),
    to: timeOfDay().describe('When it ends; on the next day if that is earlier.'),
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1, 'list at least one day, or leave it out for all')
      .default([...WEEKDAYS])
      .describe('Days on which it begins, such as [mon, tue]. By default every day.'),
    except_risk: RiskLevelInputSchema.nullable()
      .default('critical')
      .describe(
        'Alerts of this risk or more come all the same, by default critical ones. null: none does. What could not be judged has no risk and waits.',
      ),
    digest: z
      .boolean()
      .default(true)
      .describe('true: what was held back is told afterwards in one message. false: it is never told here; the clips are kept.'),
    time_zone: z
      .string()
      .refine(isTimeZone, 'use a name such as "Europe/Berlin"')
      .nullable()
      .default(null)
      .describe('Whose clock counts, such as "Europe/Berlin". null: that of this machine.'),
  })
  .refine(({ from, to }) => from.padStart(5, '0') !== to.padStart(5, '0'), { path: ['to'], error: 'is the same as from' })

/** Which alerts go to a notifier, and when. */
const ROUTING_KEYS = {
  cameras: z
    .array(z.string())
    .min(1, 'list at least one camera, or write null for all')
    .nullable()
    .default(null)
    .describe('Cameras this notifier tells of. null: all.'),
  min_risk_level: RiskLevelInputSchema.nullable()
    .default(null)
    .describe('Least risk it tells of, of what the alert policy lets through. Alerts without a judgement pass. null, the default: any.'),
  cooldown_s: z
    .number()
    .nonnegative()
    .max(86_400)
    .default(0)
    .describe('Seconds after an alert in which others of that camera wait for a digest, unless their risk is higher. 0: none waits.'),
  quiet_hours: QuietHoursSchema.nullable()
    .default(null)
    .describe('When alerts wait. News about HomeSec itself does not. null, the default: never.'),
}

export const NotifierSchema = z.strictObject({
  name: z
    .string()
    .regex(CAMERA_NAME_PATTERN, 'use 1 to 64 of a-z, 0-9, _ and -')
    .optional()
    .describe(
      'Unique name, by default the backend. It identifies the notifier in the journal, so that a restart repeats only what was not sent.',
    ),
  backend: backend().describe('Channel: console, mqtt, email, ntfy, telegram, pushover, webhook, or a notifier plugin.'),
  enabled: z.boolean().default(true).describe('false: nothing is sent here.'),
  ...ROUTING_KEYS,
  config: pluginConfig().describe('Settings of that channel; see docs/notifiers.md.'),
})
export type NotifierConfig = z.output<typeof NotifierSchema> & { readonly name: string }

/** A notifier that wants everything at once. */
export function plainNotifier(name: string, config: NotifierConfig['config']): NotifierConfig {
  return { name, backend: name, enabled: true, cameras: null, min_risk_level: null, cooldown_s: 0, quiet_hours: null, config }
}
