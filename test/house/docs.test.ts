import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { read, repositoryFiles, ROOT } from './repository.ts'

const pages = repositoryFiles().filter((path) => path.endsWith('.md'))

/** The page as prose: code is no place for links. */
function prose(page: string): string {
  return read(page)
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/`[^`\n]*`/g, '')
}

/** The anchor that a heading gets on the usual platforms. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

function brokenLinks(page: string): string[] {
  const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(ROOT, target))) return true
    return anchor !== undefined && ![...read(target).matchAll(/^#+ (.+)$/gm)].some(([, heading = '']) => anchorOf(heading) === anchor)
  })
}

interface Fence {
  readonly language: string
  readonly code: string
}

function fencesOf(page: string): Fence[] {
  return [...read(page).matchAll(/^```(\w*)[^\n]*\n([\s\S]*?)^```/gm)].map(([, language = '', code = '']) => ({ language, code }))
}

const CHECKS: Readonly<Record<string, (code: string) => string[]>> = {
  ts: (code) =>
    (ts.transpileModule(code, { reportDiagnostics: true }).diagnostics ?? []).map(({ messageText }) =>
      ts.flattenDiagnosticMessageText(messageText, '\n'),
    ),
  yaml: (code) => parseAllDocuments(code).flatMap(({ errors }) => errors.map(({ message }) => message)),
  json: (code) => {
    try {
      JSON.parse(code)
      return []
    } catch (cause) {
      return [String(cause)]
    }
  },
}

describe.each(pages)('%s', (page) => {
  test('its relative links lead somewhere', () => {
    expect(brokenLinks(page)).toEqual([])
  })

  test('its code can be read', () => {
    const complaints = fencesOf(page).flatMap(({ language, code }) =>
      (CHECKS[language]?.(code) ?? []).map((complaint) => `${complaint} in:\n${code}`),
    )
    expect(complaints).toEqual([])
  })
})

test('the plugin in docs/writing-a-plugin.md compiles against the plugin SDK', { timeout: 180_000 }, () => {
  const example = fencesOf('docs/writing-a-plugin.md').find(({ language }) => language === 'ts')?.code ?? ''
  expect(example).toContain('definePlugin')
  expect(typeErrors(example)).toEqual([])
  expect(typeErrors(example.replace("kind: 'notifier'", "kind: 'storage'"))).not.toEqual([])
})

/** Type errors of a module that imports `homesec/plugin`, under the compiler options of this project. */
function typeErrors(code: string): string[] {
  const config = ts.parseJsonConfigFileContent({ extends: './tsconfig.json', files: [] }, ts.sys, ROOT)
  const options = { ...config.options, paths: { 'homesec/plugin': [join(ROOT, 'src/contracts/plugin-sdk.ts')] } }
  const file = join(ROOT, 'example-from-the-docs.ts')
  const host = ts.createCompilerHost(options)
  const sourceOnDisk = host.getSourceFile.bind(host)
  host.getSourceFile = (name, version) => (name === file ? ts.createSourceFile(name, code, version) : sourceOnDisk(name, version))
  const program = ts.createProgram([file], options, host)
  const source = program.getSourceFile(file)
  return program.getSemanticDiagnostics(source).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

test('every decision record is numbered in a row and says what a record has to say', () => {
  const records = pages.filter((page) => page.startsWith('docs/decisions/')).sort()
  expect(records.map((record) => Number(/\/(\d{4})-[a-z0-9-]+\.md$/.exec(record)?.[1]))).toEqual(records.map((_, index) => index + 1))
  for (const record of records) {
    const headings = [...read(record).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)
    expect({ record, headings }).toEqual({ record, headings: ['Status', 'Context', 'Decision', 'Caveats', 'Alternatives'] })
  }
})

test('the changelog begins with what is unreleased', () => {
  const sections = [...read('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, section]) => section)
  expect(sections[0]).toBe('[Unreleased]')
  const kinds = [...read('CHANGELOG.md').matchAll(/^### (.+)$/gm)].map(([, kind]) => kind)
  expect(kinds.filter((kind) => !/^(Added|Changed|Deprecated|Removed|Fixed|Security)$/.test(kind ?? ''))).toEqual([])
})

test('docs/architecture.md names the five largest files, and why each is one idea', () => {
  const [, list = ''] = /<!-- largest-files -->([\s\S]*)<!-- \/largest-files -->/.exec(read('docs/architecture.md')) ?? []
  const entries = [...list.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(([, path = '', reason = '']) => ({ path, reason }))
  const sources = repositoryFiles().filter((path) => /^src\/.*\.ts$/.test(path) && !/\.test\.ts$|^src\/testkit\//.test(path))
  const lines = (path: string) => read(path).split('\n').length
  const largest = sources.sort((a, b) => lines(b) - lines(a)).slice(0, 5)
  expect(entries.map(({ path }) => path).sort()).toEqual(largest.sort())
  expect(entries.filter(({ reason }) => reason.length < 20)).toEqual([])
})
