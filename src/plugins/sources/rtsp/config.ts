import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { EnvNameSchema } from '../../../lib/env-name.ts'
import { MotionConfigSchema } from './motion/motion-config.ts'

export const HWACCELS = ['none', 'auto', 'vaapi', 'qsv', 'cuda', 'videotoolbox', 'v4l2m2m'] as const
export type Hwaccel = (typeof HWACCELS)[number]

const StreamSchema = z.strictObject({
  transport: z
    .enum(['tcp', 'udp'])
    .default('tcp')
    .describe('How the camera sends. tcp loses nothing. udp: for cameras that cannot do tcp; lost packets are lost pictures.'),
  connect_timeout_s: z
    .number()
    .positive()
    .max(120)
    .default(15)
    .describe('Seconds from dialling to the first picture. Some cameras need ten to wake up; then they are tried again.'),
  io_timeout_s: z
    .number()
    .positive()
    .max(120)
    .default(10)
    .describe('Seconds without a picture until the connection counts as dead and is made anew. Shorter recovers sooner.'),
  hwaccel: z
    .enum(HWACCELS)
    .default('none')
    .describe('Who decodes the pictures for motion. auto: the first device that works. A device that fails is replaced by the CPU.'),
  audio: z.boolean().default(true).describe('Whether clips have sound, if the camera sends any. false: never recorded.'),
})

const RingSchema = z.strictObject({
  dir: z
    .string()
    .refine((path) => isAbsolute(path) && !path.includes('\0'), 'use an absolute path')
    .nullable()
    .default(null)
    .describe('Folder for the last seconds of video, absolute. null: in data_dir. A RAM disk such as /dev/shm spares an SD card.'),
  ring_s: z
    .number()
    .min(5)
    .max(3600)
    .default(30)
    .describe('Seconds of video kept while nothing happens. At least recording.pre_roll_s and two keyframe intervals.'),
  ring_max_bytes: z
    .number()
    .int()
    .min(1_000_000)
    .default(200_000_000)
    .describe('Bytes kept while nothing happens, whatever ring_s. What belongs to a clip under way is never dropped.'),
})

const RecordingSchema = z.strictObject({
  pre_roll_s: z.number().nonnegative().max(600).default(5).describe('Seconds a clip begins before its first motion.'),
  stop_delay_s: z
    .number()
    .positive()
    .max(600)
    .default(10)
    .describe('Seconds a clip goes on after its last motion. Alerts come later by as much.'),
  max_recording_s: z
    .number()
    .min(5)
    .max(900)
    .default(60)
    .describe('Seconds after which a clip is closed and the next goes on with the very next picture.'),
})

const ReconnectSchema = z.strictObject({
  backoff_s: z.number().positive().max(300).default(1).describe('Seconds before the second try to reach a camera, doubling from there.'),
  max_backoff_s: z
    .number()
    .positive()
    .max(3600)
    .default(30)
    .describe('Seconds between tries, at most. A refused password is tried more rarely.'),
  max_attempts: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('Tries in a row before the camera is given up until the next start. 0: never given up.'),
  detect_fallback_attempts: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe('Failures in a row of the detect stream until motion is looked for in the recorded stream instead.'),
})

export const RtspConfigSchema = z
  .strictObject({
    rtsp_url_env: EnvNameSchema.describe(
      'Name of the variable with the address of the stream that is recorded, such as rtsp://user:password@camera/stream1.',
    ),
    detect_url_env: EnvNameSchema.nullable()
      .default(null)
      .describe('Name of the variable with the address of a smaller stream, for motion: spares most of the CPU. null: see derive_detect.'),
    derive_detect: z
      .boolean()
      .default(true)
      .describe(
        'true: the address of the smaller stream is guessed from the first (subtype=0 → 1, /stream1 → /stream2, …) and used if it answers.',
      ),
    stream: StreamSchema.prefault({}).describe('How the camera is read.'),
    ring: RingSchema.prefault({}).describe('The last seconds of video, from which clips get their beginning.'),
    motion: MotionConfigSchema.prefault({}).describe('What counts as motion.'),
    recording: RecordingSchema.prefault({}).describe('Where clips begin and end.'),
    reconnect: ReconnectSchema.prefault({}).describe('What happens when a camera does not answer.'),
  })
  .refine(({ ring, recording }) => ring.ring_s >= recording.pre_roll_s + 2, {
    path: ['ring', 'ring_s'],
    message: 'must be at least two seconds more than recording.pre_roll_s',
  })
export type RtspConfig = z.output<typeof RtspConfigSchema>
