import { BlockList, isIP } from 'node:net'

const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10], // carrier-grade NAT: home VPNs such as Tailscale
] as const)
  PRIVATE.addSubnet(network, prefix, 'ipv4')
PRIVATE.addAddress('::1', 'ipv6')
PRIVATE.addSubnet('fc00::', 7, 'ipv6')
PRIVATE.addSubnet('fe80::', 10, 'ipv6')

const PRIVATE_SUFFIXES = ['.localhost', '.local', '.lan', '.home', '.home.arpa', '.internal', '.fritz.box']

/** Whether a URL's host is at home by its name alone: this machine, a private address, or a name no public DNS gives out. */
export function isPrivateHost(urlHostname: string): boolean {
  const host = urlHostname.toLowerCase().replace(/^\[|\]$/g, '')
  const version = isIP(host)
  if (version !== 0) return PRIVATE.check(host, version === 4 ? 'ipv4' : 'ipv6')
  return !host.includes('.') || PRIVATE_SUFFIXES.some((suffix) => host.endsWith(suffix))
}
