import { z } from 'zod'
import { CAMERA_NAME_PATTERN } from '../contracts/clip.ts'
import { ClassListSchema } from '../contracts/detection.ts'
import { RemoteRetentionSchema } from '../contracts/storage.ts'
import { NotifierSchema, type NotifierConfig } from './schema-notifiers.ts'
import { SERVICE_KEYS } from './schema-services.ts'
import { backend, pluginConfig, positiveInt, relativeFolder, seconds } from './schema-parts.ts'

const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/
const RELATIVE_PATH = /^\.\/(?!(?:.*\/)?\.\.(?:\/|$))[^\\\0:]+$/

const CameraSchema = z.strictObject({
  name: z
    .string()
    .regex(CAMERA_NAME_PATTERN, 'use 1 to 64 of a-z, 0-9, _ and -, such as "front_door"')
    .describe('Unique name. It appears in file names, topics and links, so changing it starts a new camera.'),
  enabled: z.boolean().default(true).describe('false: the camera is known, but nothing is recorded or taken from it.'),
  offline_alert_s: z
    .number()
    .min(10)
    .max(86_400)
    .default(60)
    .describe('Seconds this camera may be down before you are told, with the reason; its return is told too. Less tells of each reboot.'),
  source: z
    .strictObject({
      backend: backend().describe('Where the clips come from: rtsp, ftp, folder, or a source plugin.'),
      config: pluginConfig().describe('Settings of that source; see docs/sources.md.'),
    })
    .describe('How clips of this camera are made or received.'),
})

const StorageSchema = z.strictObject({
  backend: backend('local').describe('Where clips are kept: local, mirror for several places at once, or a storage plugin.'),
  config: pluginConfig().describe('Settings of that storage; see docs/storage.md.'),
  paths: z
    .strictObject({
      clips_dir: relativeFolder().default('clips').describe('Folder for clips inside the storage.'),
      artifacts_dir: relativeFolder()
        .nullable()
        .default(null)
        .describe('Folder for analyses and thumbnails inside the storage. null: next to the clip.'),
      backups_dir: relativeFolder().nullable().default(null).describe('Accepted for old files; not used.'),
    })
    .prefault({})
    .describe('Folders inside the storage.'),
  retention: RemoteRetentionSchema.prefault({}).describe(
    'When stored clips are deleted in the storage, for good; looked at every retention.interval_s. By default never. With mirror each place has its own.',
  ),
})

const RetentionSchema = z.strictObject({
  max_local_size_bytes: z
    .number()
    .int()
    .nonnegative()
    .default(10e9)
    .describe('Bytes of clips kept on this disk. Beyond it the oldest that are uploaded and done go; 0: they go as soon as they may.'),
  min_free_bytes: z
    .number()
    .int()
    .nonnegative()
    .default(1e9)
    .describe('Bytes that must stay free on this disk. Below it clips go whatever the cap, and you are told. 0: no floor.'),
  on_floor: z
    .enum(['uploaded', 'unanalysed'])
    .default('uploaded')
    .describe(
      'What may go below the floor. uploaded: only clips that are stored and done. unanalysed: also stored clips nobody has analysed yet.',
    ),
  interval_s: seconds(300).describe('Seconds between looks at the disk, besides one at start and one after each clip.'),
})

const FilterSchema = z.strictObject({
  backend: backend('auto').describe('Object detection: yolo, hog or mock. auto: yolo if its model is there or can be fetched, else hog.'),
  config: pluginConfig().describe('Settings of that filter; see docs/filters.md.'),
})

const budgetLimit = z.number().positive()
const VlmSchema = z.strictObject({
  backend: backend()
    .nullable()
    .default(null)
    .describe(
      'Vision-language model: openai (any compatible server), anthropic, google, mock, or fallback for several in turn. null: none.',
    ),
  run_mode: z
    .enum(['trigger_only', 'always', 'never'])
    .default('trigger_only')
    .describe('trigger_only: clips with a trigger class. always: every clip, at its cost. never: no clip. Without a vlm block: never.'),
  trigger_classes: ClassListSchema.default(['person']).describe('Detected classes or groups (animal, vehicle) that start an analysis.'),
  config: pluginConfig().describe(
    'Settings of that model; see docs/analyzers.md. activity_types, where it has them, are checked against the alert policy.',
  ),
  preprocessing: z
    .strictObject({
      max_frames: positiveInt(10, 64).describe('Frames sent per clip, at most. More cost more tokens.'),
      max_size: z
        .number()
        .int()
        .min(64)
        .max(4096)
        .default(1024)
        .describe('Longest side of a frame in pixels. Larger frames show more and cost more.'),
      quality: positiveInt(85, 100).describe('JPEG quality, 1 to 100.'),
    })
    .prefault({})
    .describe('How frames are made for the model.'),
  daily_budget: z
    .strictObject({
      usd: budgetLimit.optional().describe('US dollars a day; needs the `price` of each model that is not free.'),
      tokens: budgetLimit.int().optional().describe('Prompt and completion tokens a day.'),
      clips: budgetLimit.int().optional().describe('Analysed clips a day; a try that was paid for but failed counts too.'),
    })
    .nullable()
    .default(null)
    .describe(
      'Once any limit is reached, only free models of a fallback list analyse clips until the next day, and you are told. null: no limit.',
    ),
})

const AlertPolicySchema = z.strictObject({
  backend: backend('default').describe('Who decides whether a clip is worth an alert.'),
  enabled: z.boolean().default(true).describe('false: no clip ever alerts.'),
  config: pluginConfig().describe('Settings of that policy, per-camera overrides included; see docs/alerts.md.'),
})

/** The file as it is written. Every default is a decision: its consequence stands beside it. */
export const ConfigFileSchema = z.strictObject({
  version: z.literal(1, 'must be 1').describe('Version of this file format.'),
  data_dir: z
    .string()
    .min(1)
    .default('./homesec-data')
    .describe('Folder for the spool, the database, models and keys, relative to this file. Needs room for retention.max_local_size_bytes.'),
  plugins: z
    .array(
      z.string().refine((name) => PACKAGE_NAME.test(name) || RELATIVE_PATH.test(name), {
        error: 'use the name of an installed npm package, or a path that starts with "./" and has no ".."',
      }),
    )
    .default([])
    .describe('Plugins to load: npm package names or ./paths relative to this file. Their code runs with all rights of HomeSec.'),
  cameras: z.array(CameraSchema).min(1, 'list at least one camera').describe('The cameras.'),
  sources: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .prefault({})
    .describe('Settings that all cameras of one backend share, by its name, such as the port of the FTP server; see docs/sources.md.'),
  storage: StorageSchema.prefault({}).describe('Where clips go once they are recorded.'),
  retention: RetentionSchema.prefault({}).describe('When clips leave this disk. Stored copies are not touched; see storage.retention.'),
  filter: FilterSchema.prefault({}).describe('Object detection, the same for all cameras.'),
  vlm: VlmSchema.prefault({ run_mode: 'never' }).describe('Analysis by a vision-language model. Leave the block out for none.'),
  alert_policy: AlertPolicySchema.prefault({}).describe('When to alert.'),
  alert: z
    .strictObject({
      mode: z
        .enum(['verified', 'instant'])
        .default('verified')
        .describe(
          'verified: you are told once a clip is judged. instant: at once when something is seen, with a picture; the verdict then replaces that message or withdraws it.',
        ),
      max_upload_wait_s: z
        .number()
        .nonnegative()
        .max(600)
        .default(10)
        .describe('Seconds an alert waits for its link; then it goes without one.'),
    })
    .prefault({})
    .describe('How alerts are sent.'),
  notifiers: z
    .array(NotifierSchema)
    .optional()
    .describe('Where alerts go. By default the console; with a top-level mqtt block, only there. []: nowhere.'),
  mqtt: z.record(z.string(), z.unknown()).optional().describe('Short for one notifier named mqtt with this config.'),
  ...SERVICE_KEYS,
})
export type ConfigFile = z.output<typeof ConfigFileSchema>

export type CameraConfig = ConfigFile['cameras'][number]
export type { NotifierConfig }

/** The configuration as the rest of the product sees it: `data_dir` absolute, `mqtt` turned into a notifier, every notifier named. */
export type AppConfig = Omit<ConfigFile, 'mqtt' | 'notifiers'> & { readonly notifiers: readonly NotifierConfig[] }
