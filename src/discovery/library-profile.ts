import { z } from 'zod'
import type { ToldProfile } from './device-job.ts'

// The library turns what looks like a number or a truth value into one.
const text = z.union([z.string(), z.number(), z.boolean()]).transform((value) => String(value).slice(0, 500))
const maybeText = text.nullable().catch(null)
const maybeNumber = z.number().nonnegative().max(1e9).nullable().catch(null)

const RESOLUTION = { width: null, height: null }
const RATE = { frameRateLimit: null, bitrateLimit: null }

const EncoderSchema = z.object({
  $: z.object({ GovLength: maybeNumber }).catch({ GovLength: null }),
  encoding: maybeText,
  resolution: z.object({ width: maybeNumber, height: maybeNumber }).catch(RESOLUTION),
  rateControl: z.object({ frameRateLimit: maybeNumber, bitrateLimit: maybeNumber }).catch(RATE),
  H264: z.object({ govLength: maybeNumber }).catch({ govLength: null }),
})

/** A profile as the library hands it on, of Media (ver10) and Media2 (ver20). Devices leave out what they like. */
const LibraryProfileSchema = z.object({
  $: z.object({ token: text }),
  name: maybeText,
  videoSourceConfiguration: z.object({ sourceToken: maybeText }).catch({ sourceToken: null }),
  videoEncoderConfiguration: EncoderSchema,
})

export interface LibraryProfile {
  readonly token: string
  readonly told: Omit<ToldProfile, 'stream_uri'>
}

/** @returns null for what is no video. */
export function readLibraryProfile(raw: unknown): LibraryProfile | null {
  const parsed = LibraryProfileSchema.safeParse(raw)
  if (!parsed.success) return null
  const { $: attributes, name, videoSourceConfiguration, videoEncoderConfiguration: encoder } = parsed.data
  return {
    token: attributes.token,
    told: {
      name,
      video_source: videoSourceConfiguration.sourceToken,
      codec: encoder.encoding,
      ...encoder.resolution,
      fps: encoder.rateControl.frameRateLimit,
      bitrate_kbps: encoder.rateControl.bitrateLimit,
      keyframe_interval: encoder.H264.govLength ?? encoder.$.GovLength,
    },
  }
}
