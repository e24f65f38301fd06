import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, visit, type Document, type Node, type Pair } from 'yaml'
import { messageOf } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { formatPath, type KeyPath, type LocatedProblem, type Locate, type Position } from './problem.ts'

const MAX_ALIASES = 100
const MAX_DEPTH = 100
const MAX_REPORTED = 20
/** Setting these on an object changes the object itself. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

export interface ParsedYaml {
  readonly value: Readonly<Record<string, unknown>>
  readonly locate: Locate
}

/** Strict YAML 1.2, one document, a mapping at its root. Problems never quote the text: it may hold a secret by mistake. */
export function parseYaml(text: string): Result<ParsedYaml, readonly LocatedProblem[]> {
  const lines = new LineCounter()
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  try {
    const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true, schema: 'core' })
    if ('empty' in documents) return err([emptyFile])
    const [first, second] = documents
    if (first === undefined) return err([emptyFile])
    const problems = [...syntaxProblems(documents, position), ...forbiddenKeys(first, position)]
    if (second !== undefined) problems.push(yamlProblem('the file holds more than one document; remove "---"', position(second.range[0])))
    return problems.length > 0 ? err(problems.slice(0, MAX_REPORTED)) : toValue(first, position)
  } catch (cause) {
    return err([yamlProblem(cause instanceof RangeError ? 'too deeply nested' : 'cannot be read as YAML', null)])
  }
}

function toValue(document: Document.Parsed, position: (offset: number) => Position): Result<ParsedYaml, readonly LocatedProblem[]> {
  const root = document.contents
  if (root === null || (isScalar(root) && root.value === null)) return err([emptyFile])
  if (!isMap(root))
    return err([{ ...yamlProblem('the file must be a mapping of keys to values', position(root.range[0])), code: 'not_a_mapping' }])
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
    JSON.stringify(value) // throws where an alias made a circle
    return ok({ value: Object.fromEntries(Object.entries(value ?? {})), locate: locator(document, position) })
  } catch (cause) {
    return err([yamlProblem(aliasMessage(cause), null)])
  }
}

function aliasMessage(cause: unknown): string {
  if (messageOf(cause).startsWith('Excessive')) return `more than ${MAX_ALIASES} repetitions through aliases (*name)`
  return 'an alias (*name) refers to nothing or to itself'
}

function syntaxProblems(documents: readonly Document.Parsed[], position: (offset: number) => Position): LocatedProblem[] {
  const found = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])
  return found.map((error) => yamlProblem(SYNTAX_MESSAGES[error.code] ?? messageOf(error), position(error.pos[0])))
}

/** Where the parser's own words are unclear or would quote the file. */
const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands here a second time',
  TAB_AS_INDENT: 'a tab: indent with spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) are not accepted',
  BAD_ALIAS: 'an alias (*name) refers to nothing',
  UNEXPECTED_TOKEN: 'unexpected text; a quote, colon or dash may be missing before it',
}

function forbiddenKeys(document: Document.Parsed, position: (offset: number) => Position): LocatedProblem[] {
  const problems: LocatedProblem[] = []
  visit(document, {
    Collection(_, node, path) {
      if (path.length < MAX_DEPTH) return undefined
      problems.push(yamlProblem('too deeply nested', startOf(node, position)))
      return visit.BREAK
    },
    Pair(_, { key }: Pair) {
      const plain = isScalar(key) && typeof key.value !== 'object'
      if (!plain && isNode(key)) problems.push(yamlProblem('a key must be plain text', startOf(key, position)))
      if (plain && FORBIDDEN_KEYS.has(String(key.value))) problems.push(yamlProblem('this key is not accepted', startOf(key, position)))
    },
  })
  return problems
}

function startOf(node: Node, position: (offset: number) => Position): Position | null {
  return node.range ? position(node.range[0]) : null
}

const emptyFile: LocatedProblem = {
  ...{ code: 'file_empty', path: '', line: null, column: null },
  ...{ message: 'the file is empty', advice: 'Start from config/example.yaml.' },
}

function yamlProblem(message: string, at: Position | null): LocatedProblem {
  return { code: 'yaml_invalid', path: formatPath([]), line: at?.line ?? null, column: at?.column ?? null, message, advice: '' }
}

/** The place of a key, or of its nearest ancestor that is written in the file. */
function locator(document: Document.Parsed, position: (offset: number) => Position): Locate {
  return (path: KeyPath) => {
    let node: unknown = document.contents
    let place: Node | null = null
    for (const part of path) {
      if (isAlias(node)) node = node.resolve(document)
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
        if (pair === undefined) break
        if (isNode(pair.key)) place = pair.key
        node = pair.value
      } else if (isSeq(node) && typeof part === 'number') {
        node = node.items[part]
        if (isNode(node)) place = node
      } else break
    }
    return place === null ? null : startOf(place, position)
  }
}
