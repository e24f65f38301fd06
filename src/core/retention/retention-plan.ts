export interface DiskUse {
  /** Bytes of all clips on the local disk. */
  readonly localBytes: number
  /** Free bytes on that disk; null when it cannot be measured. */
  readonly freeBytes: number | null
}

export interface RetentionLimits {
  readonly maxLocalBytes: number
  /** 0: no floor. */
  readonly minFreeBytes: number
  readonly onFloor: 'uploaded' | 'unanalysed'
}

/** Whether another clip has to go, and which kind may. Pure; asked again after each deletion. */
export function nextPrune(use: DiskUse, limits: RetentionLimits): 'none' | 'done' | 'done_or_uploaded' {
  const belowFloor = use.freeBytes !== null && use.freeBytes < limits.minFreeBytes
  if (belowFloor) return limits.onFloor === 'unanalysed' ? 'done_or_uploaded' : 'done'
  return use.localBytes > limits.maxLocalBytes ? 'done' : 'none'
}
