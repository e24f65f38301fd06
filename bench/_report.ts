export interface BenchResult {
  readonly name: string
  readonly value: number | null
  readonly unit: string
  /** As a reader says it: `≤ 0.7`; empty for a figure without a promise. */
  readonly limit: string
  readonly pass: boolean
  readonly detail: string
}

/** One line of the table. A bench that cannot run here passes with no value and says why. */
export function report(result: BenchResult): void {
  console.log(JSON.stringify(result))
}

export function skip(name: string, why: string): void {
  report({ name, value: null, unit: '', limit: '', pass: true, detail: `skipped: ${why}` })
}

/** The value below which a share `q` of them lies. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** After the garbage is gone; needs `--expose-gc`, which `make bench` gives. */
export function memoryMegabytes(): { readonly heap: number; readonly rss: number } {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed / 1e6, rss: rss / 1e6 }
}
