import { elementText, elementTexts } from './xml-text.ts'

/** What devices of older and of newer ONVIF versions call themselves. A probe that names both would find only those that are both. */
export const DEVICE_TYPES = [
  { prefix: 'dn', namespace: 'http://www.onvif.org/ver10/network/wsdl', name: 'NetworkVideoTransmitter' },
  { prefix: 'tds', namespace: 'http://www.onvif.org/ver10/device/wsdl', name: 'Device' },
] as const
export type DeviceType = (typeof DEVICE_TYPES)[number]

const DISCOVERY = 'http://schemas.xmlsoap.org/ws/2005/04/discovery'
const ADDRESSING = 'http://schemas.xmlsoap.org/ws/2004/08/addressing'
const MAX_MATCHES = 16
const MAX_TEXT_CHARS = 65_536
const SCOPE = /^onvif:\/\/www\.onvif\.org\/(name|hardware)\/(.{1,300})$/i

/** What one device says of itself. Nothing in here is true because it is said. */
export interface Announcement {
  /** Stable over restarts and addresses, if the maker took care. */
  readonly endpoint: string | null
  readonly urls: readonly string[]
  readonly name: string | null
  readonly hardware: string | null
}

export function probeMessage(messageId: string, { prefix, namespace, name }: DeviceType): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="${ADDRESSING}" xmlns:d="${DISCOVERY}" xmlns:${prefix}="${namespace}">` +
    `<s:Header><a:Action s:mustUnderstand="1">${DISCOVERY}/Probe</a:Action><a:MessageID>urn:uuid:${messageId}</a:MessageID>` +
    '<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>' +
    '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>' +
    `<s:Body><d:Probe><d:Types>${prefix}:${name}</d:Types></d:Probe></s:Body></s:Envelope>`
  )
}

/** The ONVIF devices in an answer; printers and network disks answer probes too. */
export function parseProbeMatches(message: string): Announcement[] {
  const [, ...matches] = message.slice(0, MAX_TEXT_CHARS).split(/<(?:[\w.-]{1,40}:)?ProbeMatch(?=[\s>])/, MAX_MATCHES + 1)
  return matches.filter(isOnvif).map(announcementIn)
}

function isOnvif(match: string): boolean {
  const types = elementText(match, 'Types') ?? ''
  return /\bNetworkVideoTransmitter\b/.test(types) || scopesIn(match).some((scope) => /^onvif:\/\//i.test(scope))
}

function announcementIn(match: string): Announcement {
  const scopes = scopesIn(match)
  return {
    endpoint: elementTexts(match, 'Address')[0] ?? null,
    urls: words(elementText(match, 'XAddrs')),
    name: scopeValue(scopes, 'name'),
    hardware: scopeValue(scopes, 'hardware'),
  }
}

function scopesIn(match: string): string[] {
  return words(elementText(match, 'Scopes'))
}

function scopeValue(scopes: readonly string[], wanted: string): string | null {
  for (const scope of scopes) {
    const [, key, value] = SCOPE.exec(scope) ?? []
    if (key?.toLowerCase() === wanted && value !== undefined) return decoded(value)
  }
  return null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function words(text: string | null): string[] {
  return text === null ? [] : text.split(/\s+/, 64).filter((word) => word !== '')
}
