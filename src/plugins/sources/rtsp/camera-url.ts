import { err, ok, type Result } from '../../../contracts/result.ts'

/** What ffmpeg may open for a camera. Nothing that reads files or runs programs. */
const SCHEMES = ['rtsp:', 'rtsps:']

/**
 * Takes the address of a camera as its owner wrote it. Passwords with characters that no URL may hold (`@`, `/`, `#`) are encoded.
 * @returns the address for ffmpeg; the error never repeats the address.
 */
export function parseCameraUrl(text: string): Result<string, string> {
  const trimmed = text.trim()
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1]?.toLowerCase()
  if (scheme === undefined || !SCHEMES.includes(`${scheme}:`)) return err('is no camera address: it must begin with rtsp:// or rtsps://')
  const rest = trimmed.slice(scheme.length + 3)
  // Up to the last @: a password may hold one, a path rarely does, and then only behind a host without credentials.
  const at = lastCredentialAt(rest)
  const credentials = at === -1 ? '' : `${encodeCredentials(rest.slice(0, at))}@`
  const url = `${scheme}://${credentials}${rest.slice(at + 1)}`
  if (/[\s\0"'|]/.test(url)) return err('holds characters that no camera address has')
  if (!URL.canParse(url) || new URL(url).hostname === '') return err('names no host')
  return ok(url)
}

function lastCredentialAt(rest: string): number {
  const at = rest.lastIndexOf('@')
  if (at === -1) return -1
  const before = rest.slice(0, at)
  // `host/path@2x` has no colon before its first slash other than a port.
  return /^[^/?#]*@/.test(rest) || /^[^/?#:]+:(?!\d{1,5}[/?#])/.test(before) ? at : -1
}

function encodeCredentials(text: string): string {
  const colon = text.indexOf(':')
  const parts = colon === -1 ? [text] : [text.slice(0, colon), text.slice(colon + 1)]
  return parts.map((part) => encodeURIComponent(decoded(part)).replaceAll("'", '%27')).join(':')
}

/** What is encoded already stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** The address for people: without user and password, which some cameras want in the query. */
export function shownUrl(url: string): string {
  return url.replace(/^(\w+:\/\/)(?:[^@]*@)?/, '$1').replace(/\?.*$/, '')
}

/** How makers name the large and the small stream of one camera. */
const NAMINGS: readonly (readonly [large: RegExp, small: string])[] = [
  [/([?&]subtype=)0(?=&|$)/, '$11'], // Dahua, Amcrest
  [/\/stream1(?=$|[/?])/, '/stream2'], // TP-Link Tapo and Vigi
  [/(\/Streaming\/Channels\/\d+)01(?=$|[/?])/i, '$102'], // Hikvision
  [/(\/h26[45]Preview_\d+_)main(?=$|[/?])/i, '$1sub'], // Reolink
  [/(\/ch\d+_)0(?=$|[/?])/, '$11'], // Yi and clones
  [/\/videoMain(?=$|[/?])/, '/videoSub'], // Foscam
]

/** The address of the small stream, guessed from that of the large one; null when it follows no naming that we know. */
export function deriveDetectUrl(mainUrl: string): string | null {
  const credentials = /^\w+:\/\/(?:[^@]*@)?[^/?#]*/.exec(mainUrl)?.[0] ?? ''
  const path = mainUrl.slice(credentials.length)
  for (const [large, small] of NAMINGS) if (large.test(path)) return credentials + path.replace(large, small)
  return null
}
