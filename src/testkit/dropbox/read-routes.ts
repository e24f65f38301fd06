import { json, tagged, type Answer, type Call } from './answer.ts'
import type { Account } from './account.ts'
import { ARGUMENTS } from './arguments.ts'
import { pathComplaint } from './paths.ts'
import type { Entry, StoredFile } from './tree.ts'

export function spaceUsage(account: Account): Answer {
  const individual = { '.tag': 'individual', allocated: account.allocatedBytes }
  const team = { '.tag': 'team', used: account.used, allocated: account.allocatedBytes, user_within_team_space_allocated: 0 }
  return json({ used: account.ownUsed, allocation: account.isTeam ? team : individual })
}

export function getMetadata(account: Account, { argument }: Call): Answer {
  const { path } = ARGUMENTS.metadata.parse(argument)
  const found = lookUp(account, path)
  if ('status' in found) return found
  return json({ '.tag': found.kind, ...(found.kind === 'file' ? fileMetadata(found) : folderMetadata(found)) })
}

export function deleteEntry(account: Account, { argument }: Call): Answer {
  const { path, parent_rev } = ARGUMENTS.remove.parse(argument)
  const found = lookUp(account, path, 'path_lookup')
  if ('status' in found) return found
  if (parent_rev !== undefined && found.kind === 'folder') return tagged('path_write', 'conflict', 'folder')
  if (parent_rev !== undefined && found.kind === 'file' && found.rev !== parent_rev) return tagged('path_write', 'conflict', 'file')
  account.tree.remove(path)
  return json({ metadata: { '.tag': found.kind, ...(found.kind === 'file' ? fileMetadata(found) : folderMetadata(found)) } })
}

export function temporaryLink(account: Account, { argument }: Call): Answer {
  const { path } = ARGUMENTS.path.parse(argument)
  const found = lookUp(account, path)
  if ('status' in found) return found
  if (found.kind === 'folder') return tagged('path', 'not_file')
  return json({ metadata: fileMetadata(found), link: 'https://dl.dropboxusercontent.com/apitl/1/test' })
}

export function download(account: Account, { argument, range }: Call): Answer {
  const { path } = ARGUMENTS.path.parse(argument)
  const found = lookUp(account, path)
  if ('status' in found) return found
  if (found.kind === 'folder') return tagged('path', 'not_file')
  const headers = {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    etag: `W/"${found.rev}"`,
    'dropbox-api-result': JSON.stringify(fileMetadata(found)).replace(/[\u007f-\uffff]/g, escaped),
  }
  if (range === null) return { status: 200, headers, body: found.bytes }
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? []
  const start = Number(first)
  if (first === '' || start >= found.size) {
    return { status: 416, headers: { 'content-range': `bytes */${found.size}` }, body: '' }
  }
  const end = Math.min(last === '' ? Infinity : Number(last), found.size - 1)
  const body = found.bytes.subarray(start, end + 1)
  return { status: 206, headers: { ...headers, 'content-range': `bytes ${start}-${end}/${found.size}` }, body }
}

export function fileMetadata(file: StoredFile): object {
  return {
    ...names(file),
    id: `id:${file.rev}`,
    client_modified: '2026-01-01T00:00:00Z',
    server_modified: '2026-01-01T00:00:00Z',
    rev: file.rev,
    size: file.size,
    is_downloadable: true,
    content_hash: file.hash,
  }
}

function folderMetadata(folder: Extract<Entry, { kind: 'folder' }>): object {
  const shared = folder.readOnly ? { sharing_info: { read_only: true, shared_folder_id: '84528192421' } } : {}
  return { ...names(folder), id: 'id:folder', ...shared }
}

function names({ display }: Entry): object {
  return { name: display.slice(display.lastIndexOf('/') + 1), path_lower: display.toLowerCase(), path_display: display }
}

function lookUp(account: Account, path: string, within = 'path'): Entry | Answer {
  if (pathComplaint(path) === 'malformed_path') return tagged(within, 'malformed_path')
  return account.tree.find(path) ?? tagged(within, 'not_found')
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
