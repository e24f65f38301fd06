import { isIPv4, isIPv6 } from 'node:net'

/** The address of a connection as it is written: one of IPv4 that came in over a socket for both is an IPv4 address. */
export function plainAddress(address: string | undefined): string {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  return plain ?? ''
}

/** `h1,h2,h3,h4,p1,p2` of PORT; null when it is none. */
export function parsePort(argument: string): { readonly host: string; readonly port: number } | null {
  if (!/^\d{1,3}(?:,\d{1,3}){5}$/.test(argument)) return null
  const numbers = argument.split(',').map(Number)
  if (numbers.some((number) => number > 255)) return null
  const [high = 0, low = 0] = numbers.slice(4)
  return { host: numbers.slice(0, 4).join('.'), port: high * 256 + low }
}

/** `|1|192.168.1.2|6275|` of EPRT; null when it is none. */
export function parseExtendedPort(argument: string): { readonly host: string; readonly port: number } | null {
  const delimiter = argument[0] ?? ''
  const [, family, host = '', port = '', ...rest] = argument.split(delimiter)
  if (rest.length !== 1 || rest[0] !== '' || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) return null
  const fits = family === '1' ? isIPv4(host) : family === '2' && isIPv6(host)
  return fits ? { host, port: Number(port) } : null
}

/** As PASV tells it: `192,168,1,2,234,96`. */
export function asPort(host: string, port: number): string {
  return [...host.split('.'), port >> 8, port & 255].join(',')
}
