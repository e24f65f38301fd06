import { networkInterfaces } from 'node:os'
import { err, ok, type Result } from '../contracts/result.ts'

/**
 * The IPv4 addresses of this machine to ask from.
 * @param wanted names or addresses of interfaces; none: all but the loopback.
 */
export function localAddresses(wanted: readonly string[], all = networkInterfaces()): Result<string[], string> {
  const known = Object.entries(all).flatMap(([name, addresses]) =>
    (addresses ?? []).filter(({ family }) => family === 'IPv4').map(({ address, internal }) => ({ name, address, internal })),
  )
  if (wanted.length === 0) return ok(known.filter(({ internal }) => !internal).map(({ address }) => address))
  const missing = wanted.filter((each) => !known.some(({ name, address }) => name === each || address === each))
  if (missing.length > 0) {
    const names = known.map(({ name, address }) => `${name} (${address})`).join(', ')
    return err(`there is no interface ${missing.join(', ')} with an IPv4 address; there are: ${names || 'none'}`)
  }
  return ok(known.filter(({ name, address }) => wanted.includes(name) || wanted.includes(address)).map(({ address }) => address))
}
