/** Milliseconds since 1970 that never jump or stand still, unlike `Date.now()`. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now()
}
