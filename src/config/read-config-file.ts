import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { codeOf } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import { parseYaml, type ParsedYaml } from './parse-yaml.ts'
import type { ConfigReport, Locate, LocatedProblem } from './problem.ts'
import { ConfigFileSchema } from './schema.ts'

const MAX_BYTES = 1_000_000

export interface RawConfigFile {
  /** Absolute. */
  readonly path: string
  readonly value: ParsedYaml['value']
  readonly locate: Locate
  /** Packages to load before the rest can be checked; empty where the list itself is wrong. */
  readonly plugins: readonly string[]
}

export type ReadBytes = (path: string) => Promise<Uint8Array>

/** First half of loading: the text and its syntax, and which plugins it names. */
export async function readConfigFile(path: string, readBytes: ReadBytes = readBounded): Promise<Result<RawConfigFile, ConfigReport>> {
  const absolute = resolve(path)
  const fail = (problems: readonly LocatedProblem[]) => err({ file: absolute, problems })
  let bytes: Uint8Array
  try {
    bytes = await readBytes(absolute)
  } catch (cause) {
    return fail([readProblem(codeOf(cause))])
  }
  if (bytes.length > MAX_BYTES)
    return fail([problem('file_too_large', 'the file is larger than 1 MB', 'A configuration has a few kilobytes: is this the right file?')])
  const text = decode(bytes)
  if (text === null) return fail([problem('yaml_invalid', 'the file is not UTF-8 text', 'Save it as UTF-8.')])
  const parsed = parseYaml(text)
  if (!parsed.ok) return fail(parsed.error)
  const plugins = ConfigFileSchema.shape.plugins.safeParse(parsed.value.value['plugins'])
  return ok({ path: absolute, ...parsed.value, plugins: plugins.success ? plugins.data : [] })
}

/** Never more than needed to see that it is too much, whatever the path leads to. */
async function readBounded(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    const buffer = new Uint8Array(MAX_BYTES + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  } finally {
    await handle.close()
  }
}

function decode(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}

function readProblem(code: string): LocatedProblem {
  if (code === 'ENOENT')
    return problem('file_missing', 'there is no such file', 'Copy config/example.yaml there, or name another with --config.')
  if (code === 'EISDIR') return problem('file_unreadable', 'this is a folder', 'Name the file in it.')
  return problem('file_unreadable', `the file cannot be read (${code || 'unknown error'})`, 'Check its permissions.')
}

function problem(code: LocatedProblem['code'], message: string, advice: string): LocatedProblem {
  return { code, path: '', line: null, column: null, message, advice }
}
