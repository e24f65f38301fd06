export const PROBLEM_CODES = [
  'file_missing',
  'file_unreadable',
  'file_too_large',
  'file_empty',
  'yaml_invalid',
  'not_a_mapping',
  'unknown_key',
  'missing_value',
  'bad_value',
  'unknown_plugin',
  'unknown_reference',
  'duplicate_name',
  'env_missing',
  'insecure',
] as const

export type KeyPath = readonly (string | number)[]

/** One mistake: where, what, and what to do about it. Never holds a value that could be a secret. */
export interface Problem {
  readonly code: (typeof PROBLEM_CODES)[number]
  readonly path: KeyPath
  readonly message: string
  /** Empty when the message says it all. */
  readonly advice: string
}

/** A problem with its place in the file; null where the file as a whole is meant. */
export interface LocatedProblem extends Omit<Problem, 'path'> {
  /** As in `cameras[1].source.config.path`; empty for the file as a whole. */
  readonly path: string
  readonly line: number | null
  readonly column: number | null
}

/** Every mistake of one configuration, in the order of the file. */
export interface ConfigReport {
  readonly file: string
  readonly problems: readonly LocatedProblem[]
}

export type Position = { readonly line: number; readonly column: number }
export type Locate = (path: KeyPath) => Position | null

export function formatPath(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    if (!/^[\w-]+$/.test(part)) return `${text}[${JSON.stringify(part)}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
}

export function locateProblem({ path, ...problem }: Problem, locate: Locate): LocatedProblem {
  const at = locate(path)
  return { ...problem, path: formatPath(path), line: at?.line ?? null, column: at?.column ?? null }
}
