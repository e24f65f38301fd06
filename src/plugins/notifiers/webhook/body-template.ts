import { escapeHtml } from '../../../lib/escape-html.ts'
import { parseTemplate, fillIn, wholeValue, type Template, type TemplateValues } from './template.ts'

/** A body as the config writes it: one text, or a structure that becomes JSON. */
export type BodyTemplate = string | readonly Json[] | { readonly [key: string]: Json }
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export interface BodyProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** All that is wrong with a template, before anything is sent. */
export function bodyProblems(template: BodyTemplate, contentType: string, known: readonly string[]): readonly BodyProblem[] {
  if (typeof template !== 'string') return structureProblems(template, known, [])
  const parsed = parseTemplate(template, known)
  if (!parsed.ok) return [{ path: [], message: parsed.error }]
  if (!isJson(contentType) || samples(known).every((values) => parses(fillIn(parsed.value, values, escapeJson)))) return []
  const hint = 'put text placeholders between quotes, and others without quotes as {{name | json}}'
  return [{ path: [], message: `no valid JSON once it is filled in: ${hint}` }]
}

/** The body; a value cannot break out of its place in it. The template must have no problems. */
export function renderBody(template: BodyTemplate, contentType: string, values: TemplateValues): string {
  if (typeof template === 'string') return fillIn(parsedOrEmpty(template, values), values, escapeFor(contentType))
  return JSON.stringify(filledStructure(template, values))
}

function structureProblems(node: Json, known: readonly string[], path: readonly (string | number)[]): BodyProblem[] {
  if (typeof node === 'string') {
    const parsed = parseTemplate(node, known)
    return parsed.ok ? [] : [{ path, message: parsed.error }]
  }
  return entriesOf(node).flatMap(([key, child]) => structureProblems(child, known, [...path, key]))
}

function filledStructure(node: Json, values: TemplateValues): Json {
  if (typeof node === 'string') {
    const template = parsedOrEmpty(node, values)
    const whole = wholeValue(template, values)
    return whole === undefined ? fillIn(template, values, (text) => text) : whole.value
  }
  if (isList(node)) return node.map((child) => filledStructure(child, values))
  if (typeof node !== 'object' || node === null) return node
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, filledStructure(child, values)]))
}

function parsedOrEmpty(text: string, values: TemplateValues): Template {
  const parsed = parseTemplate(text, Object.keys(values))
  return parsed.ok ? parsed.value : []
}

function entriesOf(node: Json): ReadonlyArray<readonly [string | number, Json]> {
  if (isList(node)) return node.map((child, index) => [index, child])
  return typeof node === 'object' && node !== null ? Object.entries(node) : []
}

/** `Array.isArray` does not narrow read-only lists. */
function isList(node: Json): node is readonly Json[] {
  return Array.isArray(node)
}

/** By the kind of body: what a value needs so that it stays text in there. */
function escapeFor(contentType: string): (text: string) => string {
  if (isJson(contentType)) return escapeJson
  if (/urlencoded/i.test(contentType)) return encodeURIComponent
  return /xml|html/i.test(contentType) ? escapeHtml : (text) => text
}

function isJson(contentType: string): boolean {
  return /^application\/(.+\+)?json\b/i.test(contentType)
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

/** All there, and nothing there. */
function samples(known: readonly string[]): readonly TemplateValues[] {
  return ['"\\', null].map((value) => Object.fromEntries(known.map((name) => [name, value])))
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
