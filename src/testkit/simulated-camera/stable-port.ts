/** Systems hand out what is above, from 32768 (Linux) or 49152 on, to whoever connects to somewhere or asks for any port. */
const FIRST = 15_000
const COUNT = 17_000

/** A port for who must have it again after closing it: no system gives it to another meanwhile. Whether it is free, try. */
export function stablePort(): number {
  return FIRST + Math.floor(Math.random() * COUNT)
}
