import { plainText } from '../lib/plain-text.ts'

const MAX_URI_CHARS = 1_000

/** Makers also write credentials into the path or the query: `/user=admin_password=tlJwpbo6_channel=1.sdp?real_stream`. */
const CREDENTIAL = /((?:^|[/?&_;])(user(?:name)?|usr|login|pass(?:word|wd)?|pwd|auth|token)=)(.*?)(?=_[a-z]+=|[&?#/;]|$)/gi

export interface StreamUri {
  /** Without credentials; where the path has some, `USER` and `PASSWORD` stand there. */
  readonly uri: string
  /** The host it leads to, where that is not the device. */
  readonly other_host: string | null
}

/**
 * @param spellings of the password, which must not be in it in any of them.
 * @returns null for what is no RTSP address.
 */
export function readStreamUri(told: string, deviceAddress: string, spellings: readonly string[]): StreamUri | null {
  const mask = (text: string) => spellings.reduce((rest, spelling) => rest.replaceAll(spelling, 'PASSWORD'), text)
  // Devices put the password in as it is: with a slash in it, the whole is no URL.
  const url = rtspUrl(told) ?? rtspUrl(mask(told))
  if (url === null) return null
  url.username = ''
  url.password = ''
  const uri = mask(url.href).replace(CREDENTIAL, withPlaceholder)
  return { uri: plainText(uri, MAX_URI_CHARS), other_host: url.hostname === deviceAddress ? null : plainText(url.hostname, 100) }
}

/** What to put into `.env`, with the owner's part left open. */
export function uriToComplete(uri: string): string {
  return uri.replace('://', '://USER:PASSWORD@')
}

function withPlaceholder(_: string, start: string, name: string): string {
  return start + (/^(?:user|usr|login)/i.test(name) ? 'USER' : 'PASSWORD')
}

function rtspUrl(text: string): URL | null {
  if (text.length > MAX_URI_CHARS) return null
  try {
    const url = new URL(text)
    return (url.protocol === 'rtsp:' || url.protocol === 'rtsps:') && url.hostname !== '' ? url : null
  } catch {
    return null
  }
}
