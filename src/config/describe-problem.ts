import type { ConfigProblem } from '../contracts/plugin.ts'
import { closestName } from '../lib/closest-name.ts'
import type { KeyPath, Problem } from './problem.ts'
import type { SchemaNode, SchemaOutline } from './schema-node.ts'

const UNKNOWN_KEY = /^unknown key "(.*)"$/s
const MAX_COMPARED = 64
const EXPECTED = /^Invalid input: expected (.+?), received (.+)$/

/** Plain words for what a schema complained of, and advice from the schema itself. `problem.path` is relative to the schema. */
export function describeProblem(problem: ConfigProblem, base: KeyPath, schema: SchemaOutline, raw: unknown): Problem {
  const known = schema(problem.path)
  const unknownKey = UNKNOWN_KEY.exec(problem.message)?.[1]
  const about =
    unknownKey === undefined
      ? badValue(problem, known, raw)
      : {
          code: 'unknown_key' as const,
          message: `unknown key "${unknownKey.slice(0, 64)}"`,
          advice: suggestion(unknownKey, schema(problem.path.slice(0, -1))?.keys ?? []),
        }
  return { ...about, path: [...base, ...problem.path] }
}

function badValue(problem: ConfigProblem, known: SchemaNode | null, raw: unknown): Omit<Problem, 'path'> {
  const description = known?.description ?? ''
  const [, expected, received] = EXPECTED.exec(problem.message) ?? []
  if (received === 'undefined') return { code: 'missing_value', message: 'is missing', advice: description }
  if (received === 'null') return { code: 'bad_value', message: 'is empty', advice: 'Give it a value, or remove the line.' }
  if (expected !== undefined) {
    return { code: 'bad_value', message: `must be ${article(expected)}`, advice: typeAdvice(expected, String(received)) || description }
  }
  const options = problem.message.startsWith('Invalid option') ? known?.options : null
  if (options) return { code: 'bad_value', message: 'is not one of its values', advice: suggestion(valueAt(raw, problem.path), options) }
  return { code: 'bad_value', message: problem.message, advice: description }
}

/** `Did you mean "x"? Known: a, b, c.` */
export function suggestion(word: unknown, known: readonly string[]): string {
  if (known.length === 0) return ''
  const meant = typeof word === 'string' ? meantBy(word, known) : null
  const list = `Known: ${known.join(', ')}.`
  return meant === null ? list : `Did you mean "${meant}"? ${list}`
}

function meantBy(word: string, known: readonly string[]): string | null {
  // Who writes a password where only the name of its variable may stand is sent to the right key.
  const secretName = `${word.toLowerCase()}_env`
  return known.includes(secretName) ? secretName : closestName(word.slice(0, MAX_COMPARED), known)
}

function article(type: string): string {
  const word =
    { record: 'mapping', object: 'mapping', array: 'list', string: 'text', int: 'whole number', boolean: 'true or false' }[type] ?? type
  return word === 'text' || word === 'true or false' ? word : `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`
}

function typeAdvice(expected: string, received: string): string {
  if (expected === 'boolean') return 'Write true or false, without quotes.'
  if (expected === 'number' && received === 'string') return 'Write digits only, without quotes or unit.'
  if (expected === 'string' && received !== 'object') return 'Put it in quotes.'
  return ''
}

function valueAt(raw: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? Object.entries(at).find(([key]) => key === String(part))?.[1] : undefined),
    raw,
  )
}
