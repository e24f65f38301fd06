/**
 * When packets came. ffmpeg knows where a picture ends only when the next one begins, and passes it on then: a packet came when the one
 * before it was passed on. How long ago that was, ffmpeg says by the wall clock.
 */
export class PacketArrival {
  #lastToldMs: number | null = null

  /**
   * @param sinceLastMs from when the packet before was passed on, told of or not, to when this one was.
   * @param toldMs monotonic time at which we hear of it.
   * @returns monotonic time at which it came; null for the first, of which nobody knows.
   */
  timeOf(sinceLastMs: number, toldMs: number): number | null {
    const lastToldMs = this.#lastToldMs
    this.#lastToldMs = toldMs
    if (lastToldMs === null) return null
    // Packets come in order: should the wall clock be set just now, the line before is the limit.
    return Math.min(toldMs, Math.max(lastToldMs, toldMs - sinceLastMs))
  }
}
