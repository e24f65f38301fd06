import { z } from 'zod'

/** What a camera sends, as ffmpeg says when it has connected. Kept on disk, so that the next start knows it at once. */
export const StreamFactsSchema = z.object({
  video_codec: z.string().nullable(),
  width: z.number().int().nonnegative(),
  height: z.number().int().nonnegative(),
  audio_codec: z.string().nullable(),
})
export type StreamFacts = Readonly<z.infer<typeof StreamFactsSchema>>

/** Sound that a transport stream, and so the ring, can hold as it is. G.711 and other telephone codecs are not among it. */
const RING_HOLDS = new Set(['aac', 'mp3', 'mp2', 'ac3', 'eac3', 'opus'])

export function soundFor(audioCodec: string | null): 'copy' | 'aac' {
  return audioCodec === null || RING_HOLDS.has(audioCodec) ? 'copy' : 'aac'
}

const VIDEO = /Stream #0:\d+[^:]*: Video: (\w+).*?, (\d{2,5})x(\d{2,5})/
const AUDIO = /Stream #0:\d+[^:]*: Audio: (\w+)/

/** Listens to ffmpeg's greeting. */
export class GreetingReader {
  #text = ''
  #done = false
  readonly #onFacts: (facts: StreamFacts) => void

  constructor(onFacts: (facts: StreamFacts) => void) {
    this.#onFacts = onFacts
  }

  push(text: string): void {
    if (this.#done) return
    this.#text = (this.#text + text).slice(-20_000)
    const end = /^(?:Stream mapping:|Output #0)/m.exec(this.#text)
    if (end === null) return
    this.#done = true
    this.#onFacts(factsIn(this.#text.slice(0, end.index)))
  }
}

function factsIn(greeting: string): StreamFacts {
  const video = VIDEO.exec(greeting)
  return {
    video_codec: video?.[1] ?? null,
    width: Number(video?.[2] ?? 0),
    height: Number(video?.[3] ?? 0),
    audio_codec: AUDIO.exec(greeting)?.[1] ?? null,
  }
}
