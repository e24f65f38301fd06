import { z } from 'zod'
import { EnvNameSchema } from '../lib/env-name.ts'
import { positiveInt, seconds } from './schema-parts.ts'

const level = () => z.enum(['debug', 'info', 'warn', 'error']).default('info')
const origin = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text, {
    error: 'use an exact origin such as "https://home.example:8123", without path; "*" is not accepted',
  })

const ServerSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('false: no API and no health endpoint.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. Beyond loopback, auth is on unless you turn it off.'),
  port: z.number().int().min(0).max(65_535).default(8081).describe('TCP port. 0: any free one.'),
  auth: z
    .strictObject({
      enabled: z.boolean().nullable().default(null).describe('Whether the API needs its key. null: beyond loopback yes, on loopback no.'),
      api_key_env: EnvNameSchema.nullable()
        .default(null)
        .describe('Name of the variable with the API key. null: a key is made once and kept in data_dir/api-key.'),
    })
    .prefault({})
    .describe('Who may use the API.'),
  allow_insecure: z.boolean().default(false).describe('true: lets everyone on the network watch, should auth be off beyond loopback.'),
  cors_origins: z.array(origin).default([]).describe('Other web origins whose pages may use the API, such as "https://home.example:8123".'),
})

/** The keys about running rather than about clips. */
export const SERVICE_KEYS = {
  concurrency: z
    .strictObject({
      max_clips_in_flight: positiveInt(10, 1000).describe('Clips processed at once. Others wait on disk; recording goes on.'),
      upload_workers: positiveInt(3, 100).describe('Uploads at once.'),
      filter_workers: positiveInt(2, 64).describe('Detections at once. Each takes about one CPU core.'),
      vlm_workers: positiveInt(2, 100).describe('Analyses at once.'),
    })
    .prefault({})
    .describe('How much happens at the same time.'),
  retry: z
    .strictObject({
      max_attempts: positiveInt(3, 100).describe(
        'Tries of each stage, the first included. A failed upload is tried again later, for ever.',
      ),
      backoff_s: seconds(5).describe('Seconds before the second try, doubling from there.'),
      on_exhausted: z
        .enum(['alert_and_continue', 'fail'])
        .default('alert_and_continue')
        .describe('After the last try. alert_and_continue: you are told and the clip goes on. fail: the clip stops there, silently.'),
    })
    .prefault({})
    .describe('What happens when a stage fails in a way that can pass.'),
  timeouts: z
    .strictObject({
      upload_s: seconds(300).describe(
        'Seconds an upload may stand still; one that goes on may take as long as it needs. Dropbox and S3 count whole parts of 8 MiB.',
      ),
      filter_s: seconds(120).describe('Seconds one detection may take.'),
      vlm_s: seconds(120).describe('Seconds one analysis may take.'),
      notify_s: seconds(30).describe('Seconds one notification may take.'),
    })
    .prefault({})
    .describe('Deadline of one try of each stage.'),
  recovery: z
    .strictObject({
      alert_max_age_s: z
        .number()
        .nonnegative()
        .default(3600)
        .describe(
          'Seconds. Clips found at start that are older do not alert one by one, but are counted in one message. A notifier that was out of reach is told again until a clip is this old.',
        ),
    })
    .prefault({})
    .describe('What happens to clips left over from before a restart.'),
  database: z
    .strictObject({
      enabled: z.boolean().default(true).describe('false: no search and no statistics; recording and alerts work.'),
      dsn_env: EnvNameSchema.nullable()
        .default(null)
        .describe('Name of the variable with the address of your Postgres. null: HomeSec runs its own under data_dir/db.'),
      schema: z
        .string()
        .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'use a lower-case Postgres name')
        .default('public')
        .describe('Postgres schema for the tables.'),
    })
    .prefault({})
    .describe('The index of clips. It can be down or rebuilt; the journal files are the truth.'),
  telemetry: z
    .strictObject({
      logs: z
        .strictObject({
          enabled: z.boolean().default(true).describe('true: log lines are also kept in the database.'),
          level: level().describe('Least level that is kept.'),
          max_age_days: positiveInt(14, 3650).describe('Days a line is kept.'),
          max_rows: positiveInt(200_000, 100_000_000).describe('Lines kept at most; beyond it the oldest go.'),
        })
        .prefault({})
        .describe('Log lines in the database.'),
    })
    .prefault({})
    .describe('What HomeSec keeps about itself, at home. Nothing is sent anywhere.'),
  server: ServerSchema.prefault({}).describe('HTTP API and health endpoint.'),
  shutdown_grace_s: z
    .number()
    .nonnegative()
    .max(3600)
    .default(20)
    .describe('Seconds clips in flight get to finish at shutdown; the rest resume at the next start.'),
  log: z
    .strictObject({
      level: level().describe('Least level that is written.'),
      format: z.enum(['auto', 'json', 'pretty']).default('auto').describe('auto: pretty on a terminal, else one JSON object per line.'),
    })
    .prefault({})
    .describe('The log on standard error.'),
}
