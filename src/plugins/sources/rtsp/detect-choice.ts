import type { Logger } from '../../../contracts/logger.ts'
import type { RtspConfig } from './config.ts'
import type { CameraUrls } from './camera-urls.ts'
import { probeStream } from './probe-stream.ts'
import type { StreamFacts } from './stream-facts.ts'
import { adviceFor, type StreamTrouble } from './stream-trouble.ts'

/** Larger than this and it spares no CPU: some cameras answer a guess with the large stream. */
const MOST_PIXELS = 1280 * 720
const PROBE_WITHIN_MS = 6_000
/** What a camera answers about a stream that it does not have. */
const FINAL: readonly StreamTrouble[] = ['not_found', 'output']
/** A camera that answers neither yes nor no is asked no more. */
const MOST_PROBES = 3

/** Whether a stream is worth a second session. */
export function isSmallEnough({ width, height }: Pick<StreamFacts, 'width' | 'height'>): boolean {
  return width * height <= MOST_PIXELS
}

/** Whether there is a smaller stream to watch. A guessed address has to answer first. */
export class DetectChoice {
  readonly #urls: CameraUrls
  readonly #config: RtspConfig
  readonly #log: Logger
  #isDecided: boolean
  #probes = 0
  #url: string | null

  constructor(urls: CameraUrls, config: RtspConfig, log: Logger) {
    this.#urls = urls
    this.#config = config
    this.#log = log
    this.#isDecided = !urls.isGuessed || urls.detect === null
    this.#url = this.#isDecided ? urls.detect : null
  }

  /** Null: motion is looked for in the recorded stream, as far as is known. */
  get url(): string | null {
    return this.#url
  }

  /** Whether `probe` may change what is known. */
  get isOpen(): boolean {
    return !this.#isDecided
  }

  /** Asks the camera for the guessed stream, once. Best done when it is known to answer. */
  async probe(signal: AbortSignal): Promise<void> {
    if (!this.isOpen || this.#urls.detect === null) return
    this.#probes += 1
    const { transport, connect_timeout_s } = this.#config.stream
    const timeoutMs = Math.min(PROBE_WITHIN_MS, connect_timeout_s * 1000)
    const probed = await probeStream({ url: this.#urls.detect, transport, timeoutMs }, signal)
    if (!probed.ok) {
      this.#isDecided = FINAL.includes(probed.error) || this.#probes >= MOST_PROBES
      if (this.#isDecided)
        this.#log.info(
          { event_type: 'detect_stream_none', reason: adviceFor(probed.error) },
          'no smaller stream to watch; using the recorded one',
        )
      return
    }
    const { width, height } = probed.value
    this.#isDecided = true
    this.#url = isSmallEnough(probed.value) ? this.#urls.detect : null
    this.#log.info({ event_type: 'detect_stream_found', width, height, used: this.#url !== null }, 'the camera has a second stream')
  }
}
