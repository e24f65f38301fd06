import { json, routeError, tagged, type Answer, type Call } from './answer.ts'
import type { Account } from './account.ts'
import { ARGUMENTS, type Commit } from './arguments.ts'
import { contentHash } from './hash.ts'
import { fileMetadata } from './read-routes.ts'
import type { StoredFile } from './tree.ts'

/** Of one request, not of a file. */
export const MOST_BYTES = 150 * 1024 * 1024

export function upload(account: Account, { argument, body }: Call): Answer {
  const { content_hash: hash, ...commit } = ARGUMENTS.upload.parse(argument)
  const broken = payloadError(body, hash)
  if (broken !== null) return tagged(broken)
  const content = { bytes: account.damaged(body), size: body.length }
  const stored = store(account, commit, { ...content, hash: contentHash(content.bytes) })
  if (!Array.isArray(stored)) return json(fileMetadata(stored))
  const reason = nested(stored)
  return routeError(['path', ...stored].join('/'), { '.tag': 'path', reason, upload_session_id: 'pid_upload_session:0' })
}

export function startSession(account: Account, { argument, body }: Call): Answer {
  const { close, session_type, content_hash: hash } = ARGUMENTS.start.parse(argument)
  const concurrent = session_type === 'concurrent'
  if (concurrent && body.length > 0) return tagged('concurrent_session_data_not_allowed')
  if (concurrent && close) return tagged('concurrent_session_close_not_allowed')
  const broken = payloadError(body, hash)
  if (broken !== null) return tagged(broken)
  const session = account.sessions.start(concurrent)
  account.sessions.add(session, body)
  session.closed = close
  return json({ session_id: session.id })
}

export function appendToSession(account: Account, { argument, body }: Call): Answer {
  const { cursor, close, content_hash: hash } = ARGUMENTS.append.parse(argument)
  const session = account.sessions.open(cursor, body.length, [])
  if ('status' in session) return session
  if (session.closed) return tagged('closed')
  const broken = payloadError(body, hash)
  if (broken !== null) return tagged(broken)
  account.sessions.add(session, body)
  session.closed = close
  return json(null)
}

export function finishSession(account: Account, { argument, body }: Call): Answer {
  const { cursor, commit, content_hash: hash } = ARGUMENTS.finish.parse(argument)
  const session = account.sessions.open(cursor, body.length, ['lookup_failed'])
  if ('status' in session) return session
  if (session.concurrent && body.length > 0) return tagged('concurrent_session_data_not_allowed')
  if (session.concurrent && !session.closed) return tagged('concurrent_session_not_closed')
  if (session.closed && body.length > 0) return tagged('lookup_failed', 'closed')
  const broken = payloadError(body, hash)
  if (broken !== null) return tagged(broken)
  // Taken even if the file cannot be put in its place: the commit can then be tried again.
  account.sessions.add(session, body)
  const sent = Buffer.concat(session.parts)
  const bytes = account.damaged(sent)
  const whole = bytes === sent ? session.hash.hex : contentHash(bytes)
  const stored = store(account, commit, { bytes, size: session.size, hash: whole })
  if (Array.isArray(stored)) return tagged('path', ...stored)
  session.committed = true
  return json(fileMetadata(stored))
}

/** The file, or the tags of a WriteError. */
function store(account: Account, commit: Commit, content: Pick<StoredFile, 'bytes' | 'size' | 'hash'>): StoredFile | string[] {
  const problem = account.tree.writeError(commit.path)
  if (problem !== null) return [...problem]
  const old = account.tree.find(commit.path)
  if (old?.kind === 'file' && commit.mode === 'add' && old.hash !== content.hash) return ['conflict', 'file']
  const freed = old?.kind === 'file' ? old.size : 0
  if (account.used - freed + content.size > account.allocatedBytes) return ['insufficient_space']
  return account.tree.write(commit.path, content)
}

function payloadError(body: Buffer, hash: string | undefined): string | null {
  if (body.length > MOST_BYTES) return 'payload_too_large'
  return hash === undefined || hash === contentHash(body) ? null : 'content_hash_mismatch'
}

function nested([tag = '', ...inner]: readonly string[]): object {
  return { '.tag': tag, ...(inner.length === 0 ? {} : { [tag]: nested(inner) }) }
}
