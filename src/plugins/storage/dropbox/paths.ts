import { pluginError, type PluginError } from '../../../contracts/errors.ts'
import { err, ok, type Result } from '../../../contracts/result.ts'
import { storageKeyProblem } from '../../../lib/storage-key.ts'

const SCHEME = 'dropbox:'
const CAMERA = '{camera_name}'
const FILE = '{filename}'

export interface PathRules {
  readonly root: string
  readonly path_template: string
}

/** What is wrong with a folder that is to hold all objects. */
export function rootProblem(root: string): string | null {
  if (!root.startsWith('/')) return 'begin with "/", the top of what the app may see'
  const path = withoutSlashAtEnd(root)
  return path === '' ? null : pathProblem(path)
}

/**
 * What is wrong with a template. Each placeholder has a segment of its own, with the same text around it for all keys. So a path
 * can have come from one key only, and no object overwrites another.
 */
export function templateProblem(template: string): string | null {
  const segments = template.split('/')
  if (segments.some((segment) => storageKeyProblem(segment) !== null)) return 'a relative path without "", ".", ".." and backslashes'
  const holding = (placeholder: string) => segments.filter((segment) => segment.includes(placeholder))
  if (holding(CAMERA).length !== 1 || holding(FILE).length !== 1) return `use ${CAMERA} and ${FILE} once each`
  if (segments.some((segment) => segment.split('{').length > 2))
    return 'one placeholder between two slashes, or two files could share a path'
  const rest = template.replace(CAMERA, '').replace(FILE, '')
  return /[{}]/.test(rest) ? `the placeholders are ${CAMERA} and ${FILE}` : null
}

/** The path of a key in Dropbox: the template lays out its last two segments; those before stay as they are. */
export function pathOfKey(key: string, { root, path_template }: PathRules): Result<string, PluginError> {
  const problem = storageKeyProblem(key)
  if (problem !== null) return err(pluginError('invalid', problem))
  const folders = key.split('/')
  const file = folders.pop() ?? ''
  const camera = folders.pop()
  // A key without a folder has no camera; as no template makes a path that short, it cannot meet another's.
  const laidOut = camera === undefined ? file : filled(path_template, camera, file)
  return ok([withoutSlashAtEnd(root), ...folders, laidOut].join('/'))
}

export function uriOfPath(path: string): string {
  return `${SCHEME}${path}`
}

/** Addresses keep their whole path, so they stay good when `root` or the template change. */
export function pathOfUri(uri: string): Result<string, PluginError> {
  const path = uri.slice(SCHEME.length)
  if (!uri.startsWith(`${SCHEME}/`)) return err(pluginError('invalid', `not an address in Dropbox; those begin with "${SCHEME}/"`))
  const problem = pathProblem(path)
  return problem === null ? ok(path) : err(pluginError('invalid', problem))
}

/** @param path as Dropbox displays it. */
export function viewUrl(prefix: string | null, path: string): string | null {
  if (prefix === null) return null
  return withoutSlashAtEnd(prefix) + path.split('/').map(encodeURIComponent).join('/')
}

export function withoutSlashAtEnd(text: string): string {
  return text.replace(/\/+$/, '')
}

function filled(template: string, camera: string, file: string): string {
  // Functions, since replacement texts give "$" a meaning.
  return template
    .split('/')
    .map((segment) => (segment.includes(CAMERA) ? segment.replace(CAMERA, () => camera) : segment.replace(FILE, () => file)))
    .join('/')
}

function pathProblem(path: string): string | null {
  if (path.includes('\0') || path.includes('\\')) return 'the path has a NUL or a backslash'
  const bad = path
    .slice(1)
    .split('/')
    .find((segment) => segment === '' || segment === '.' || segment === '..')
  return bad === undefined ? null : `the path has the segment "${bad}"`
}
