import type { PacketFate } from './rtp-sender.ts'

/** Of a hundred packets, when the camera corrupts. */
const LOST_IN_100 = 3
const DAMAGED_IN_100 = 3

/** How the camera misbehaves at present; all its streams look here. */
export class Faults {
  stalled = false
  corrupting = false
  timestampShiftMs = 0
  describeDelayMs = 0
  firstMediaDelayMs = 0
  #random = 1

  readonly packetFate = (): PacketFate => {
    if (!this.corrupting) return 'sent'
    // The same packets in each run: a test that fails can be repeated.
    this.#random = (Math.imul(this.#random, 1_103_515_245) + 12_345) >>> 0
    const percent = ((this.#random >>> 16) * 100) >>> 16
    if (percent < LOST_IN_100) return 'lost'
    return percent < LOST_IN_100 + DAMAGED_IN_100 ? 'damaged' : 'sent'
  }
}
