import type { AudioFormat, Media, MediaUnit, VideoCodec } from './media.ts'
import { nalRole, ParameterSets, splitNalUnits } from './nal-units.ts'
import type { FileStream } from './read-file.ts'

export interface Sound {
  readonly format: AudioFormat
  readonly frames: ReadonlyArray<{ readonly bytes: Buffer; readonly shownMs: number }>
}

/** Puts picture and sound into one sending order that begins at 0 with a keyframe; null when there is none. */
export function assembleMedia(codec: VideoCodec, video: FileStream, sound: Sound | null): Media | null {
  const pictures = cutPictures(video)
  const [first] = pictures
  if (first === undefined) return null

  const inShownOrder = pictures.map(({ shownMs }) => shownMs).sort((a, b) => a - b)
  const places = new Map(inShownOrder.map((shownMs, place) => [shownMs, place]))
  const beginMs = inShownOrder[0] ?? 0
  const sets = new ParameterSets(codec)
  const units: MediaUnit[] = pictures.map((picture) => ({
    track: 'video',
    sendMs: picture.decodeMs - first.decodeMs,
    shownMs: picture.shownMs - beginMs,
    key: picture.key,
    index: places.get(picture.shownMs) ?? 0,
    parts: sets.arrange(splitNalUnits(picture.bytes), picture.key),
  }))
  const durationMs = lengthMs(pictures, inShownOrder)
  return {
    codec,
    parameterSets: (units[0]?.parts ?? []).filter((unit) => nalRole(codec, unit) === 'parameter_set'),
    fps: (1000 * pictures.length) / durationMs,
    audio: sound?.format ?? null,
    units: [...units, ...soundUnits(sound, beginMs)].filter(({ sendMs }) => sendMs >= 0 && sendMs < durationMs).sort(bySendTime),
    durationMs,
  }
}

interface Picture {
  readonly bytes: Buffer
  readonly decodeMs: number
  readonly shownMs: number
  readonly durationMs: number
  readonly key: boolean
}

function cutPictures({ bytes, frames }: FileStream): readonly Picture[] {
  let at = 0
  const pictures = frames.map((frame) => {
    const start = at
    at += frame.bytes
    return { ...frame, bytes: bytes.subarray(start, at) }
  })
  const firstKey = pictures.findIndex(({ key }) => key)
  return firstKey === -1 ? [] : pictures.slice(firstKey)
}

/** From the first picture to the end of the last one, and long enough that the next round is sent after this one. */
function lengthMs(pictures: readonly Picture[], inShownOrder: readonly number[]): number {
  const shownForMs = (inShownOrder.at(-1) ?? 0) - (inShownOrder[0] ?? 0)
  const sentForMs = (pictures.at(-1)?.decodeMs ?? 0) - (pictures[0]?.decodeMs ?? 0)
  const usualMs = pictures.length > 1 ? shownForMs / (pictures.length - 1) : 1000
  const lastMs = pictures.at(-1)?.durationMs ?? 0
  return Math.max(shownForMs, sentForMs) + (lastMs > 0 ? lastMs : usualMs)
}

function soundUnits(sound: Sound | null, beginMs: number): MediaUnit[] {
  if (sound === null) return []
  return sound.frames.map(({ bytes, shownMs }, index) => {
    const atMs = shownMs - beginMs
    return { track: 'audio', sendMs: atMs, shownMs: atMs, key: false, index, parts: [bytes] }
  })
}

/** At the same moment the picture goes first: a round begins with a keyframe. */
function bySendTime(a: MediaUnit, b: MediaUnit): number {
  return a.sendMs - b.sendMs || Number(a.track === 'audio') - Number(b.track === 'audio')
}
