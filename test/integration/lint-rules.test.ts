import { ESLint } from 'eslint'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ROOT } from '../house/repository.ts'

/** Stands in for a file of the product: its text is replaced, its place in the tree decides which rules hold. */
const PRODUCT_FILE = join(ROOT, 'src', 'contracts', 'result.ts')
const TEST_FILE = join(ROOT, 'test', 'integration', 'lint-rules.test.ts')

const RESULT = `
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: string }
export declare function save(): Result<number>
export declare function upload(): Promise<Result<void>>
export declare const store: { readonly put: () => Promise<Result<void>> } | undefined
export declare const wanted: boolean
`

const repeat = (times: number, line: (index: number) => string) => Array.from({ length: times }, (_, index) => line(index)).join('\n')

/** What each rule is there to stop. `says` tells the parts of one rule apart. */
const BROKEN: readonly { readonly rule: string; readonly says?: string; readonly code: string }[] = [
  { rule: 'house/no-ignored-result', code: `${RESULT} save()` },
  { rule: 'house/no-ignored-result', code: `${RESULT} void save()` },
  { rule: 'house/no-ignored-result', code: `${RESULT} await upload()` },
  { rule: 'house/no-ignored-result', code: `${RESULT} void upload()` },
  { rule: 'house/no-ignored-result', code: `${RESULT} await store?.put()` },
  { rule: 'house/no-ignored-result', code: `${RESULT} export const later = () => void upload()` },
  { rule: 'house/no-ignored-result', code: `${RESULT} await Promise.all([upload(), upload()])` },
  { rule: 'house/no-ignored-result', code: `${RESULT} if (wanted) save()` },
  { rule: 'no-restricted-syntax', says: 'Use an `as const` array and a union type.', code: 'export enum Colour { Red }' },
  {
    rule: 'no-restricted-syntax',
    says: 'Leaks on long-lived signals; use startDeadline().',
    code: 'export const any = (signals: AbortSignal[]) => AbortSignal.any(signals)',
  },
  { rule: 'no-restricted-syntax', says: 'Take a Clock.', code: 'export const time = () => Date.now()' },
  {
    rule: 'no-restricted-properties',
    says: 'Read env only in src/config/secrets.ts.',
    code: "export const home = () => process.env['HOME']",
  },
  { rule: 'no-restricted-properties', says: 'Read env only in src/config/secrets.ts.', code: 'export const { env } = process' },
  { rule: 'no-restricted-globals', says: 'Own your timers: lib/every.ts.', code: 'setInterval(() => undefined, 1000)' },
  { rule: 'no-console', code: "console.log('here')" },
  { rule: 'max-lines', code: repeat(301, (n) => `export const value${n} = ${n}`) },
  { rule: 'max-lines-per-function', code: `export function long() {\n${repeat(61, (n) => `Math.sin(${n})`)}\n}` },
  { rule: 'max-params', code: 'export const add = (a: number, b: number, c: number, d: number, e: number) => a + b + c + d + e' },
  {
    rule: 'complexity',
    code: `export function pick(n: number): number {\n${repeat(12, (n) => `if (n === ${n}) return ${n + 1}`)}\nreturn 0\n}`,
  },
  { rule: 'max-depth', code: 'export function deep(a: boolean[]) { for (const x of a) if (x) for (const y of a) if (y) Math.sin(1) }' },
  {
    rule: '@typescript-eslint/switch-exhaustiveness-check',
    code: "export function half(x: 'a' | 'b'): void { switch (x) { case 'a': Math.sin(1) } }",
  },
  { rule: '@typescript-eslint/consistent-type-imports', code: "import { ESLint } from 'eslint'\nexport type Lint = ESLint" },
  { rule: '@typescript-eslint/consistent-type-assertions', code: 'export const point = { x: 1 } as { x: number; y: number }' },
  { rule: '@typescript-eslint/restrict-template-expressions', code: 'export const text = (parts: string[] | null) => `${parts}`' },
  { rule: '@typescript-eslint/no-unused-vars', code: 'const left = 1' },
  {
    rule: '@typescript-eslint/no-confusing-void-expression',
    code: 'export function outer() { return inner() }\nfunction inner(): void { Math.sin(1) }',
  },
  { rule: '@typescript-eslint/no-floating-promises', code: 'export const start = (work: () => Promise<number>) => { work() }' },
  { rule: '@typescript-eslint/no-misused-promises', code: 'export const later = (work: () => Promise<void>) => setTimeout(work, 1)' },
  { rule: '@typescript-eslint/no-explicit-any', code: 'export type Anything = any' },
  { rule: '@typescript-eslint/no-non-null-assertion', code: 'export const first = (texts: string[]) => texts.at(0)!' },
]

const eslint = new ESLint({ cwd: ROOT })

async function complaints(code: string, filePath = PRODUCT_FILE): Promise<{ rule: string | null; message: string }[]> {
  const [report] = await eslint.lintText(`${code}\nexport {}\n`, { filePath })
  return (report?.messages ?? []).map(({ ruleId, message }) => ({ rule: ruleId, message }))
}

describe('each lint rule fails on the code it is there to stop', () => {
  test.each(BROKEN)('$rule: $code', async ({ rule, says = '', code }) => {
    const found = await complaints(code)
    expect([...new Set(found.map((complaint) => complaint.rule))]).toEqual([rule])
    expect(found.map(({ message }) => message).join('\n')).toContain(says)
  })
})

test('a Result that is looked at, returned or passed on is fine', async () => {
  const code = `${RESULT}
    export async function careful(): Promise<Result<void>> {
      const saved = save()
      if (!saved.ok) return saved
      const all = await Promise.all([upload(), upload()])
      return all.find(({ ok }) => !ok) ?? await upload()
    }
    Math.sin(1)
    store?.put.toString()`
  expect(await complaints(code)).toEqual([])
})

test('tests may read the time and print, but may not leak signals', async () => {
  expect(await complaints("console.log(Date.now(), process.env['HOME'])", TEST_FILE)).toEqual([])
  expect(await complaints('export const any = (all: AbortSignal[]) => AbortSignal.any(all)', TEST_FILE)).toHaveLength(1)
})

test('a directive that disables a rule for nothing is itself an error', async () => {
  expect(await complaints('// eslint-disable-next-line no-console\nexport const one = 1')).toHaveLength(1)
})

const RulesSchema = z.record(z.string(), z.union([z.string(), z.number(), z.array(z.unknown())]))
const ConfigSchema = z.object({
  default: z.array(z.looseObject({ plugins: z.record(z.string(), z.unknown()).optional(), rules: RulesSchema.optional() })),
})

test('every rule that this project sets itself is broken here once', async () => {
  const config = ConfigSchema.parse(await import(join(ROOT, 'eslint.config.js')))
  const own = config.default.find(({ plugins }) => plugins !== undefined && 'house' in plugins)?.rules ?? {}
  const rules = Object.entries(own).filter(([, level]) => level !== 'off')
  expect(rules.length).toBeGreaterThan(10)
  const tried = new Set(BROKEN.map(({ rule }) => rule))
  expect(rules.map(([rule]) => rule).filter((rule) => !tried.has(rule))).toEqual([])

  const restricted = rules.filter(([rule]) => rule.startsWith('no-restricted-')).flatMap(([, level]) => (Array.isArray(level) ? level : []))
  const messages = z.array(z.object({ message: z.string() })).parse(restricted.filter((entry) => typeof entry === 'object'))
  const said = new Set(BROKEN.map(({ says }) => says))
  expect(messages.map(({ message }) => message).filter((message) => !said.has(message))).toEqual([])
})
