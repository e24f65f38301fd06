import { isIPv4 } from 'node:net'
import type { Announcement } from './probe-message.ts'

export const DEVICE_PATH = '/onvif/device_service'

/** Where a device is asked. Always the address that was given or that the answer came from, whatever the device claims. */
export interface DeviceAddress {
  readonly address: string
  readonly port: number
  readonly secure: boolean
  readonly path: string
}

export interface FoundDevice extends DeviceAddress {
  readonly endpoint: string | null
  readonly name: string | null
  readonly hardware: string | null
  /** The host the device says it is at, where that is another one. */
  readonly claimed_host: string | null
}

/** @returns null when the device names no URL by which it could be asked. */
export function deviceFrom({ endpoint, name, hardware, urls }: Announcement, source: string): FoundDevice | null {
  const offered = urls.flatMap((text) => {
    const url = httpUrl(text)
    return url === null ? [] : [url]
  })
  const url = offered.find(({ hostname }) => hostname === source) ?? offered.find(({ hostname }) => isIPv4(hostname)) ?? offered[0]
  if (url === undefined) return null
  const secure = url.protocol === 'https:'
  return {
    address: source,
    port: portOf(url),
    secure,
    path: url.pathname + url.search,
    endpoint,
    name,
    hardware,
    claimed_host: url.hostname === source ? null : url.hostname,
  }
}

export interface GivenAddress {
  readonly address: string
  readonly port: number | null
}

/** A device nobody heard of yet: asked at the usual place. */
export function deviceAt({ address, port }: GivenAddress): FoundDevice {
  const at = { address, port: port ?? 80, secure: port === 443, path: DEVICE_PATH }
  return { ...at, endpoint: null, name: null, hardware: null, claimed_host: null }
}

/** `192.168.1.20` or `192.168.1.20:8000`. */
export function parseAddress(text: string): GivenAddress | null {
  const [, address = '', portText] = /^([0-9.]+)(?::([0-9]{1,5}))?$/.exec(text) ?? []
  if (!isIPv4(address)) return null
  const port = portText === undefined ? null : Number(portText)
  return port === null || (port >= 1 && port <= 65_535) ? { address, port } : null
}

function httpUrl(text: string): URL | null {
  try {
    const url = new URL(text)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : null
  } catch {
    return null
  }
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}
