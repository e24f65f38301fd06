import { z } from 'zod'
import { pluginError, type PluginError } from '../../contracts/errors.ts'
import { err, ok, type Result } from '../../contracts/result.ts'
import type { ByteRange } from '../../contracts/storage.ts'
import { storageKeyProblem } from '../storage-key.ts'
import { fault } from './fault.ts'

/** What stands before the key of an object in the links of alerts. */
export const LinkPrefixSchema = z
  .url({ protocol: /^https?$/, error: 'a web address, beginning with http:// or https://' })
  .refine((url) => !hasCredentials(url), { error: 'no user or password in the address: every alert would carry them' })
  // The key is put at the end; and what stands behind a "?" is often a token.
  .refine((url) => !/[?#]/.test(url), { error: 'no query or fragment in the address: every alert would carry it, in front of the key' })

/** The `view_url_prefix` of a storage whose objects somebody serves over the web. */
export const ViewUrlPrefixSchema = LinkPrefixSchema.nullable().default(null)

export function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}

/** `scheme:key`: says nothing of server or folder, so that both can move. */
export function addressOf(scheme: string, key: string): Result<string, PluginError> {
  const problem = storageKeyProblem(key)
  return problem === null ? ok(`${scheme}:${key}`) : err(pluginError('invalid', problem))
}

/** The key in an address of ours; throws a `StorageFault` for any other. */
export function keyIn(scheme: string, address: string): string {
  if (!address.startsWith(`${scheme}:`)) throw fault('invalid', `not an address in ${scheme} storage; those begin with "${scheme}:"`)
  const key = address.slice(scheme.length + 1)
  requireKey(key)
  return key
}

export function requireKey(key: string): void {
  const problem = storageKeyProblem(key)
  if (problem !== null) throw fault('invalid', problem)
}

/** Every segment percent-encoded, the slashes left alone. */
export function encodedPath(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/')
}

export function viewUrlOf(prefix: string | null, key: string): string | null {
  return prefix === null ? null : `${prefix.replace(/\/+$/, '')}/${encodedPath(key)}`
}

/** The part of an object of `size` bytes that `range` asks for, the end excluded; throws a `StorageFault` when it asks for what is not there. */
export function spanOf(range: ByteRange | null, size: number): { readonly start: number; readonly end: number } {
  if (range === null) return { start: 0, end: size }
  requireRange(range)
  if (range.start >= size) throw outside(range, `the object, which has ${size}`)
  return { start: range.start, end: Math.min(range.end + 1, size) }
}

/** What can be said of a range without knowing the object. */
export function requireRange(range: ByteRange | null): void {
  if (range !== null && (range.start < 0 || range.end < range.start)) throw outside(range, 'any object')
}

export function outside({ start, end }: ByteRange, of: string): Error {
  return fault('invalid', `bytes ${start}-${end} are outside of ${of}`)
}
