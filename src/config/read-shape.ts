import { toProblems } from '../contracts/plugin.ts'
import { describeProblem } from './describe-problem.ts'
import type { KeyPath, Problem } from './problem.ts'
import { ConfigFileSchema, type ConfigFile } from './schema.ts'
import { outline } from './schema-node.ts'

/** Stands where the file names no plugin: already reported, so nobody looks for it. */
export const NO_BACKEND = '-'

/**
 * Checks the file against our own schema. On mistakes it also gives the file as it would be without them, so that the plugins'
 * part can be checked in the same go and the owner hears of everything at once.
 */
export function readShape(value: unknown): { readonly file: ConfigFile; readonly problems: readonly Problem[] } {
  const parsed = ConfigFileSchema.safeParse(value)
  if (parsed.success) return { file: parsed.data, problems: [] }
  const found = toProblems(parsed.error)
  const schema = outline(ConfigFileSchema)
  const problems = found.map((problem) => describeProblem(problem, [], schema, value))
  return {
    file: withoutMistakes(
      value,
      found.map(({ path }) => path),
    ),
    problems,
  }
}

function withoutMistakes(value: unknown, mistakes: readonly KeyPath[]): ConfigFile {
  const root = asMapping(structuredClone(value))
  for (const path of mistakes) remove(root, path)
  const cameras = asList(root['cameras']).map(asMapping)
  const whole = {
    ...root,
    version: 1,
    cameras: (cameras.length === 0 ? [{}] : cameras).map((camera, index) => ({
      ...{ name: `unnamed-${index}` },
      ...camera,
      source: { backend: NO_BACKEND, ...asMapping(camera['source']) },
    })),
    ...(root['notifiers'] === undefined
      ? {}
      : { notifiers: asList(root['notifiers']).map((item) => ({ backend: NO_BACKEND, ...asMapping(item) })) }),
  }
  const parsed = ConfigFileSchema.safeParse(whole)
  return parsed.success
    ? parsed.data
    : ConfigFileSchema.parse({ version: 1, cameras: [{ name: 'unnamed', source: { backend: NO_BACKEND } }] })
}

/** A camera or notifier becomes an empty one, so that those after it keep their places; a list of words is emptied. */
function remove(root: Record<string, unknown>, path: KeyPath): void {
  const last = path.at(-1)
  const parent = path.slice(0, -1).reduce<unknown>((at, part) => asMapping(at)[part], root)
  if (last === undefined || typeof parent !== 'object' || parent === null) return
  if (!Array.isArray(parent)) Reflect.deleteProperty(parent, last)
  else if (path.length === 2 && path[0] !== 'plugins') parent[Number(last)] = {}
  else parent.length = 0
}

function asMapping(value: unknown): Record<string | number, unknown> {
  // Only ever a value from YAML, so an object is a plain one.
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>) : {}
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
