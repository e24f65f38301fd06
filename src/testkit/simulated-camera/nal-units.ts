import type { VideoCodec } from './media.ts'

const START_CODE = Buffer.from([0, 0, 1])

/** Cuts an Annex B byte stream at its start codes; the units are views on it. */
export function splitNalUnits(annexB: Buffer): Buffer[] {
  const units: Buffer[] = []
  let start = annexB.indexOf(START_CODE)
  while (start !== -1) {
    const next = annexB.indexOf(START_CODE, start + 3)
    const unit = annexB.subarray(start + 3, withoutTrailingZeros(annexB, start + 3, next === -1 ? annexB.length : next))
    if (unit.length > 0) units.push(unit)
    start = next
  }
  return units
}

/** The zeros before a start code belong to it; a unit itself never ends in one. */
function withoutTrailingZeros(bytes: Buffer, from: number, to: number): number {
  let end = to
  while (end > from && bytes[end - 1] === 0) end -= 1
  return end
}

export type NalRole = 'parameter_set' | 'delimiter' | 'other'

/** Types of ITU-T H.264 table 7-1 and H.265 table 7-1. Delimiters, ends of sequence and filler have no place in RTP. */
const ROLES: Readonly<Record<VideoCodec, { readonly parameterSets: readonly number[]; readonly delimiters: readonly number[] }>> = {
  h264: { parameterSets: [7, 8], delimiters: [9, 10, 11, 12] },
  h265: { parameterSets: [32, 33, 34], delimiters: [35, 36, 37, 38] },
}

export function nalType(codec: VideoCodec, unit: Buffer): number {
  const first = unit[0] ?? 0
  return codec === 'h264' ? first & 0x1f : (first >> 1) & 0x3f
}

export function nalRole(codec: VideoCodec, unit: Buffer): NalRole {
  const type = nalType(codec, unit)
  if (ROLES[codec].parameterSets.includes(type)) return 'parameter_set'
  return ROLES[codec].delimiters.includes(type) ? 'delimiter' : 'other'
}

/** Keeps the latest parameter sets of a stream, so that each keyframe can be preceded by those that it needs. */
export class ParameterSets {
  readonly #codec: VideoCodec
  readonly #byIdentity = new Map<string, Buffer>()

  constructor(codec: VideoCodec) {
    this.#codec = codec
  }

  get all(): readonly Buffer[] {
    const typed = [...this.#byIdentity.values()].map((unit) => ({ unit, type: nalType(this.#codec, unit) }))
    return typed.sort((a, b) => a.type - b.type).map(({ unit }) => unit)
  }

  /** What to send for one access unit: no delimiters, and before a keyframe all parameter sets. */
  arrange(units: readonly Buffer[], key: boolean): readonly Buffer[] {
    const pictures = units.filter((unit) => nalRole(this.#codec, unit) === 'other')
    const sets = units.filter((unit) => nalRole(this.#codec, unit) === 'parameter_set')
    for (const set of sets) this.#byIdentity.set(this.#identity(set), set)
    return [...(key ? this.all : sets), ...pictures]
  }

  /** Sets of one type are told apart by their id. In H.265 that of a VPS or SPS lies deep, and files in use have one of each. */
  #identity(set: Buffer): string {
    const type = nalType(this.#codec, set)
    if (this.#codec === 'h265') return type === 34 ? `${type}/${expGolomb(set.subarray(2))}` : `${type}`
    return `${type}/${expGolomb(set.subarray(type === 7 ? 4 : 1))}`
  }
}

/** The unsigned Exp-Golomb number that the bytes begin with. */
function expGolomb(bytes: Buffer): number {
  const head = Buffer.alloc(4)
  bytes.copy(head, 0, 0, 4)
  const zeros = Math.clz32(head.readUInt32BE())
  return zeros > 15 ? -1 : (head.readUInt32BE() >>> (31 - 2 * zeros)) - 1
}
