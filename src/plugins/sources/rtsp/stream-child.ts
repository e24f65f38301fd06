import type { Clock } from '../../../contracts/clock.ts'
import { startPipedChild, type PipedChild } from '../../../lib/child-process.ts'
import { waitsForDisk } from './waits-for-disk.ts'
import { untilSilent, type SilenceLimits } from './silence-watch.ts'
import { troubleFrom, type StreamTrouble } from './stream-trouble.ts'

export interface StreamEnd {
  readonly trouble: StreamTrouble
  /** The last of what ffmpeg said, without credentials. */
  readonly stderr: string
}

export interface StreamChildSpec {
  readonly args: readonly string[]
  readonly cwd?: string
  readonly stdin: 'ignore' | 'pipe'
  /** Descriptors 3, 4, … */
  readonly pipes: number
  /** Null: silence is no sign of trouble. */
  readonly limits: SilenceLimits | null
  readonly onStderr?: (text: string) => void
  /** Hears that a disk is in the way while ffmpeg, which waits for it, cannot end. */
  readonly onDiskHangs?: () => void
}

/** ffmpeg closes its files when asked to; a hung one is killed. */
const CLOSE_WITHIN_MS = 1_500

/** An ffmpeg that runs as long as a stream does, is watched for silence, and whose end is explained. */
export class StreamChild {
  /** Never rejects. */
  readonly ended: Promise<StreamEnd>
  readonly child: PipedChild
  readonly #clock: Clock
  #lastSignMs: number | null = null
  #verdict: StreamTrouble | null = null

  constructor({ args, limits, onDiskHangs, ...options }: StreamChildSpec, clock: Clock) {
    this.#clock = clock
    this.child = startPipedChild('ffmpeg', args, new AbortController().signal, options)
    const over = new AbortController()
    if (limits !== null) void this.#watch(limits, onDiskHangs, over.signal)
    this.ended = this.child.ended.then((exit) => {
      over.abort()
      if (!exit.ok)
        return { trouble: exit.error.message.includes('not installed') ? 'ffmpeg_missing' : 'ended', stderr: exit.error.message }
      const said = troubleFrom(exit.value.stderr)
      // A full disk can look like silence.
      return { trouble: said === 'disk' ? said : (this.#verdict ?? said), stderr: exit.value.stderr }
    })
  }

  /** Monotonic time of the last sign of life; null before the first. */
  get lastSignMs(): number | null {
    return this.#lastSignMs
  }

  /** Something came. @returns the monotonic time. */
  sign(): number {
    this.#lastSignMs = this.#clock.monotonicMs()
    return this.#lastSignMs
  }

  /** Ends it; resolves when ffmpeg has closed its files or was killed. */
  async close(why: StreamTrouble): Promise<void> {
    this.#verdict ??= why
    this.child.terminate()
    const waited = new AbortController()
    await Promise.race([this.ended, this.#clock.sleep(CLOSE_WITHIN_MS, waited.signal)])
    waited.abort()
    this.child.kill()
    await this.ended
  }

  async #watch(limits: SilenceLimits, onDiskHangs: (() => void) | undefined, over: AbortSignal): Promise<void> {
    const verdict = await untilSilent(() => this.#lastSignMs, limits, this.#clock, over)
    if (verdict === null) return
    const diskHangs = verdict === 'stalled' && (await waitsForDisk(this.child.pid))
    if (diskHangs) onDiskHangs?.()
    // Politely, as that says goodbye to the camera too: some keep a session for a minute that was left without a word.
    await this.close(diskHangs ? 'disk_hangs' : verdict)
  }
}
