import { describe, expect, test } from 'vitest'
import { bodyProblems, renderBody, type BodyTemplate } from './body-template.ts'

const VALUES = { name: 'A "quoted"\n<b>', none: null, count: 3, yes: true, list: ['a', 'b'], fox: '🦊🦊' }
const KNOWN = Object.keys(VALUES)
const JSON_TYPE = 'application/json'

const render = (template: BodyTemplate, contentType = JSON_TYPE) => renderBody(template, contentType, VALUES)

test.each([
  ['a {{name}} b', 'text/plain; charset=utf-8', 'a A "quoted"\n<b> b'],
  ['{"a":"{{name}}"}', JSON_TYPE, '{"a":"A \\"quoted\\"\\n<b>"}'],
  [
    '{"a":{{name | json}},"b":{{count|json}},"c":{{none | json}},"d":{{ list | json }}}',
    JSON_TYPE,
    '{"a":"A \\"quoted\\"\\n<b>","b":3,"c":null,"d":["a","b"]}',
  ],
  ['a={{name}}&b={{list}}', 'application/x-www-form-urlencoded', 'a=A%20%22quoted%22%0A%3Cb%3E&b=a%2C%20b'],
  ['<a b="{{name}}"/>', 'application/xml', '<a b="A &quot;quoted&quot;\n&lt;b&gt;"/>'],
  ['{{name | html}}', 'text/plain', 'A &quot;quoted&quot;\n&lt;b&gt;'],
  ["{{none | default 'it | is'}}{{none | default \"it's\"}}{{count | default 'x'}}", 'text/plain', "it | isit's3"],
  ['{{name | max 3}}|{{fox | max 2}}|{{fox | max 4}}', 'text/plain', 'A …|…|🦊🦊'],
  ['{{none}}', 'text/plain', ''],
  ['no places, } and {', 'text/plain', 'no places, } and {'],
])('%j as %s', (template, contentType, body) => {
  expect(bodyProblems(template, contentType, KNOWN)).toEqual([])
  expect(render(template, contentType)).toBe(body)
})

test('a structure becomes JSON, with the types that json keeps', () => {
  const template = {
    text: '{{name}}!',
    n: '{{count | json}}',
    yes: '{{yes|json}}',
    list: ['{{list | json}}', 1, null, true],
    none: '{{none}}',
  }
  expect(bodyProblems(template, JSON_TYPE, KNOWN)).toEqual([])
  expect(JSON.parse(render(template))).toEqual({ text: 'A "quoted"\n<b>!', n: 3, yes: true, list: [['a', 'b'], 1, null, true], none: '' })
})

test('what a value says is never a template itself', () => {
  const values = { ...VALUES, name: '{{count}}' }
  expect(renderBody({ text: '{{name}}{{count}}' }, JSON_TYPE, values)).toBe('{"text":"{{count}}3"}')
})

describe('mistakes', () => {
  test.each<[BodyTemplate, string, string]>([
    ['{{nam}}', '', 'known: name, none, count'],
    [{ a: ['x', '{{nam}}'] }, 'a.1', 'known: name, none, count'],
    ['{{name', '', 'does not end'],
    ['{{}}', '', 'filters'],
    ['{{name.length}}', '', 'filters'],
    ['{{name | upper}}', '', 'known: json'],
    ['{{name | max}}', '', 'known: json'],
    ['{{name | max 0}}', '', 'known: json'],
    ['{{name | default 3}}', '', 'known: json'],
    ['{{name | json | max 3}}', '', 'last filter'],
    ['{{constructor}}', '', 'unknown placeholder'],
    ['{"a": {{name}}}', '', 'no valid JSON'],
    ['{"a": "{{name | json}}"}', '', 'no valid JSON'],
  ])('%j is explained at its place', (template, path, words) => {
    const [problem] = bodyProblems(template, JSON_TYPE, KNOWN)
    expect(problem?.path.join('.')).toBe(path)
    expect(problem?.message).toContain(words)
  })
})
