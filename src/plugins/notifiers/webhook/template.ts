import { err, ok, type Result } from '../../../contracts/result.ts'
import { escapeHtml } from '../../../lib/escape-html.ts'

/** What a placeholder can stand for. */
export type TemplateValue = string | number | boolean | null | readonly string[]
export type TemplateValues = Readonly<Record<string, TemplateValue>>

type Filter =
  { readonly name: 'json' | 'html' } | { readonly name: 'max'; readonly most: number } | { readonly name: 'default'; readonly text: string }

interface Slot {
  readonly name: string
  readonly filters: readonly Filter[]
}

/** A text in pieces: words as they are, and places to fill in. */
export type Template = readonly (string | Slot)[]

const PLACEHOLDER = /\{\{(.*?)\}\}/gs
const ARGUMENT = `\\d{1,6}|'[^']*'|"[^"]*"`
const INSIDE = new RegExp(`^\\s*(\\w+)\\s*((?:\\|\\s*[a-z]+(?:\\s+(?:${ARGUMENT}))?\\s*)*)$`)
const FILTER = new RegExp(`\\|\\s*([a-z]+)(?:\\s+(${ARGUMENT}))?\\s*`, 'g')
const FILTERS = "json, html, max 100, default 'text'"

/** @returns what is wrong, in words for the owner. */
export function parseTemplate(text: string, known: readonly string[]): Result<Template, string> {
  const pieces: (string | Slot)[] = []
  let from = 0
  for (const match of text.matchAll(PLACEHOLDER)) {
    const slot = parseSlot(match[1] ?? '', known)
    if (!slot.ok) return slot
    pieces.push(text.slice(from, match.index), slot.value)
    from = match.index + match[0].length
  }
  const rest = text.slice(from)
  return rest.includes('{{') ? err('a placeholder begins with {{ and does not end with }}') : ok([...pieces, rest])
}

/** The filled-in text; `escape` makes a value safe where the text goes, unless `json` did. */
export function fillIn(template: Template, values: TemplateValues, escape: (text: string) => string): string {
  return template.map((piece) => (typeof piece === 'string' ? piece : slotText(piece, values, escape))).join('')
}

/** The value itself, with its type, where the whole text is one placeholder with `json`; else undefined. */
export function wholeValue(template: Template, values: TemplateValues): { readonly value: TemplateValue } | undefined {
  const [before, slot, after] = template
  if (template.length !== 3 || before !== '' || after !== '' || typeof slot !== 'object' || !endsInJson(slot)) return undefined
  return { value: filtered(slot, values) }
}

function parseSlot(inside: string, known: readonly string[]): Result<Slot, string> {
  const [, name, chain] = INSIDE.exec(inside) ?? []
  if (name === undefined || chain === undefined) return err(`a placeholder is a name, and perhaps filters after |: ${FILTERS}`)
  if (!known.includes(name)) return err(`unknown placeholder; known: ${known.join(', ')}`)
  const filters: Filter[] = []
  for (const [, filterName = '', argument] of chain.matchAll(FILTER)) {
    const filter = toFilter(filterName, argument)
    if (filter === null) return err(`unknown filter, or one without what it needs; known: ${FILTERS}`)
    filters.push(filter)
  }
  const json = filters.findIndex((filter) => filter.name === 'json')
  return json >= 0 && json < filters.length - 1 ? err('json is the last filter') : ok({ name, filters })
}

function toFilter(name: string, argument: string | undefined): Filter | null {
  if ((name === 'json' || name === 'html') && argument === undefined) return { name }
  if (argument === undefined) return null
  const isNumber = /^\d+$/.test(argument)
  if (name === 'max' && isNumber && Number(argument) > 0) return { name, most: Number(argument) }
  return name === 'default' && !isNumber ? { name, text: argument.slice(1, -1) } : null
}

function endsInJson({ filters }: Slot): boolean {
  return filters.at(-1)?.name === 'json'
}

function slotText(slot: Slot, values: TemplateValues, escape: (text: string) => string): string {
  const value = filtered(slot, values)
  return endsInJson(slot) ? JSON.stringify(value) : escape(asText(value))
}

function filtered({ name, filters }: Slot, values: TemplateValues): TemplateValue {
  return filters.reduce(applied, values[name] ?? null)
}

function applied(value: TemplateValue, filter: Filter): TemplateValue {
  switch (filter.name) {
    case 'json':
      return value
    case 'html':
      return escapeHtml(asText(value))
    case 'max':
      return cut(asText(value), filter.most)
    case 'default':
      return asText(value) === '' ? filter.text : value
  }
}

function asText(value: TemplateValue): string {
  if (value === null) return ''
  return typeof value === 'object' ? value.join(', ') : String(value)
}

/** Not through the middle of a character. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`
}
