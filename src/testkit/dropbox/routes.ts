import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import { badInput, json, type Answer, type Call } from './answer.ts'
import type { Account } from './account.ts'
import { ARGUMENTS } from './arguments.ts'
import { deleteEntry, download, getMetadata, spaceUsage, temporaryLink } from './read-routes.ts'
import { appendToSession, finishSession, startSession, upload } from './upload-routes.ts'

export type Host = 'api' | 'content'
export type Style = 'rpc' | 'upload' | 'download'

export interface Route {
  readonly style: Style
  readonly scope: string
  readonly serve: (account: Account, call: Call) => Answer
}

const ROUTES: Readonly<Record<string, Route>> = {
  'users/get_space_usage': { style: 'rpc', scope: 'account_info.read', serve: withoutArgument(spaceUsage) },
  'users/get_current_account': { style: 'rpc', scope: 'account_info.read', serve: withoutArgument(() => json({ account_id: 'dbid:1' })) },
  'files/get_metadata': { style: 'rpc', scope: 'files.metadata.read', serve: getMetadata },
  'files/delete_v2': { style: 'rpc', scope: 'files.content.write', serve: deleteEntry },
  'files/get_temporary_link': { style: 'rpc', scope: 'files.content.read', serve: temporaryLink },
  'files/upload': { style: 'upload', scope: 'files.content.write', serve: upload },
  'files/upload_session/start': { style: 'upload', scope: 'files.content.write', serve: startSession },
  'files/upload_session/append_v2': { style: 'upload', scope: 'files.content.write', serve: appendToSession },
  'files/upload_session/finish': { style: 'upload', scope: 'files.content.write', serve: finishSession },
  'files/download': { style: 'download', scope: 'files.content.read', serve: download },
}

/** The route of that name, if it is on this host. */
export function routeOf(name: string, host: Host): Route | null {
  const route = ROUTES[name]
  if (route === undefined) return null
  return (route.style === 'rpc') === (host === 'api') ? route : null
}

/** The call of a request, or what is wrong with its format. */
export function parseCall(name: string, style: Style, headers: IncomingHttpHeaders, body: Buffer): Call | Answer {
  const complaint = typeComplaint(style, headers['content-type'], body)
  if (complaint !== null) return badInput(name, complaint)
  const text = style === 'rpc' ? body.toString('utf8') : headers['dropbox-api-arg']
  if (typeof text !== 'string') return badInput(name, 'Must provide HTTP header "Dropbox-API-Arg" or URL parameter "arg".')
  // Node reads a header as Latin-1, so bytes of UTF-8 show as such.
  if (style !== 'rpc' && /[^\x20-\x7e]/.test(text)) return badInput(name, 'HTTP header "Dropbox-API-Arg": must be ASCII')
  const argument = jsonOf(text)
  if (argument === undefined) return badInput(name, 'could not decode input as JSON')
  return { route: name, argument, body: style === 'rpc' ? Buffer.alloc(0) : body, range: headers.range ?? null }
}

function typeComplaint(style: Style, type: string | undefined, body: Buffer): string | null {
  if (style === 'download') return type === undefined && body.length === 0 ? null : 'expecting neither a body nor a type of it'
  const expected = style === 'rpc' ? 'application/json' : 'application/octet-stream'
  return type === expected ? null : `Bad HTTP "Content-Type" header: expecting "${expected}".`
}

export function serve(route: Route, account: Account, call: Call): Answer {
  try {
    return route.serve(account, call)
  } catch (cause) {
    if (cause instanceof z.ZodError) return badInput(call.route, `request: ${cause.issues[0]?.message ?? 'bad'}`)
    throw cause
  }
}

function withoutArgument(answer: (account: Account) => Answer): Route['serve'] {
  return (account, { argument }) => {
    ARGUMENTS.nothing.parse(argument)
    return answer(account)
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
