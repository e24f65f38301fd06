import type { ByteRange } from '../contracts/storage.ts'

export type RangePlan =
  { readonly kind: 'whole' } | { readonly kind: 'part'; readonly range: ByteRange } | { readonly kind: 'unsatisfiable' }

const WHOLE: RangePlan = { kind: 'whole' }

/** Reads a Range header. Malformed and multiple ranges are ignored, as HTTP allows: the answer is then the whole file. */
export function planRange(header: string | undefined, size: number): RangePlan {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  const [, first = '', last = ''] = match ?? []
  if (first === '' && last === '') return WHOLE
  if (first === '') return within(size, size - Number(last), size - 1)
  if (last !== '' && Number(last) < Number(first)) return WHOLE
  return within(size, Number(first), last === '' ? size - 1 : Number(last))
}

function within(size: number, start: number, end: number): RangePlan {
  return start < size ? { kind: 'part', range: { start: Math.max(start, 0), end: Math.min(end, size - 1) } } : { kind: 'unsatisfiable' }
}
