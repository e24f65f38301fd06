import { z } from 'zod'
import { isPrivateHost } from './private-host.ts'

/**
 * What is wrong with the address of a service that we give a secret to, in words for the owner; never repeats it. Plain http is for home
 * networks only: beyond, everybody on the way reads the secret.
 */
export function serviceUrlProblem(value: string): string | null {
  if (!URL.canParse(value)) return 'not a URL'
  const { protocol, hostname, username, password, search, hash } = new URL(value)
  if (protocol !== 'http:' && protocol !== 'https:') return 'only http and https can be called'
  if (username !== '' || password !== '') return 'no user and password in the URL, where they end up in logs'
  if (search !== '' || hash !== '') return 'the address ends with its path: no ? and no #'
  if (protocol === 'http:' && !isPrivateHost(hostname))
    return 'http only for a server at home; use https, or everybody on the way reads along'
  return null
}

/** The address of such a service in a config. */
export const ServiceUrlSchema = z.string().superRefine((value, context) => {
  const problem = serviceUrlProblem(value)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})

/** `base` may have a path of its own, as behind a reverse proxy. Parts must be safe in a path. */
export function underUrl(base: string, ...parts: readonly string[]): URL {
  return new URL([base.replace(/\/+$/, ''), ...parts].join('/'))
}
