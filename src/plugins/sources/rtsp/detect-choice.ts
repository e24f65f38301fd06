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
const FINAL: readonly StreamTrouble[] = ['not_found', 'ended', 'output']
/** With these the recorded stream would not come either, and each further try might lock the account. */
const POINTLESS: readonly (StreamTrouble | null)[] = ['credentials', 'session_limit']

/** Whether a stream is worth a second session. */
export function isSmallEnough({ width, height }: Pick<StreamFacts, 'width' | 'height'>): boolean {
  return width * height <= MOST_PIXELS
}

/** Whether there is a smaller stream to watch. A guessed address is tried once, when the camera first answers. */
export class DetectChoice {
  readonly #urls: CameraUrls
  readonly #config: RtspConfig
  readonly #log: Logger
  #isDecided: boolean
  #url: string | null

  constructor(urls: CameraUrls, config: RtspConfig, log: Logger) {
    this.#urls = urls
    this.#config = config
    this.#log = log
    this.#isDecided = !urls.isGuessed || urls.detect === null
    this.#url = this.#isDecided ? urls.detect : null
  }

  /**
   * @param lastTrouble why the recorded stream ended last; null when it did not.
   * @returns null: motion is looked for in the recorded stream.
   */
  async url(lastTrouble: StreamTrouble | null, signal: AbortSignal): Promise<string | null> {
    if (this.#isDecided || this.#urls.detect === null || POINTLESS.includes(lastTrouble)) return this.#url
    const timeoutMs = Math.min(PROBE_WITHIN_MS, this.#config.stream.connect_timeout_s * 1000)
    const probed = await probeStream({ url: this.#urls.detect, transport: this.#config.stream.transport, timeoutMs }, signal)
    if (!probed.ok) {
      this.#isDecided = FINAL.includes(probed.error)
      if (this.#isDecided)
        this.#log.info(
          { event_type: 'detect_stream_none', reason: adviceFor(probed.error) },
          'no smaller stream to watch; using the recorded one',
        )
      return null
    }
    const { width, height } = probed.value
    this.#isDecided = true
    this.#url = isSmallEnough(probed.value) ? this.#urls.detect : null
    this.#log.info({ event_type: 'detect_stream_found', width, height, used: this.#url !== null }, 'the camera has a second stream')
    return this.#url
  }
}
