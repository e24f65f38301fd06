import { ClassListSchema, expandClasses } from '../contracts/detection.ts'
import type { ObjectFilter } from '../contracts/filter.ts'
import type { Logger } from '../contracts/logger.ts'
import { ok, type Result } from '../contracts/result.ts'
import { autoFilter } from './auto-filter.ts'

interface FilterChoice {
  readonly backend: string
  readonly config: Readonly<Record<string, unknown>>
}

interface FilterBuilder {
  readonly build: (choice: FilterChoice & { readonly instance?: string }) => Promise<Result<ObjectFilter, string>>
  readonly log: Logger
}

function wantsPeople({ classes }: Readonly<Record<string, unknown>>): boolean {
  const wanted = ClassListSchema.safeParse(classes)
  return !wanted.success || expandClasses(wanted.data).includes('person')
}

/** Keys of the configuration that both detectors understand; the others are yolo's alone. */
const SHARED_KEYS = ['classes', 'min_box_h_ratio', 'min_hits', 'sample_fps', 'full_scan', 'max_workers']

/** The filter of the configuration; `auto` is yolo with hog behind it. */
export async function buildFilter(choice: FilterChoice, { build, log }: FilterBuilder): Promise<Result<ObjectFilter, string>> {
  if (choice.backend !== 'auto') return build(choice)
  const yolo = await build({ backend: 'yolo', config: choice.config })
  if (!yolo.ok) return yolo
  // Asked only for animals or cars, a detector that reports people is no help.
  if (!wantsPeople(choice.config)) return yolo
  const shared = Object.fromEntries(Object.entries(choice.config).filter(([key]) => SHARED_KEYS.includes(key)))
  const hog = await build({ backend: 'hog', config: { ...shared, classes: ['person'] } })
  if (!hog.ok) return hog
  return ok(autoFilter({ yolo: yolo.value, hog: hog.value, log }))
}
