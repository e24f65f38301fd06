import { COCO_CLASSES } from '../../../contracts/detection.ts'

/** Numbers that COCO left out when it went from 91 to 80 classes. */
const COCO_GAPS = new Set([0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83])

/** Class names by index; indexes that no object has are missing. */
export type ClassNames = ReadonlyMap<number, string>

/** What the indexes of a model mean: its own metadata, else COCO if it has as many classes as COCO; null when nobody knows. */
export function classNamesOf(classCount: number | null, metadataNames: ClassNames | null): ClassNames | null {
  if (metadataNames !== null) return metadataNames
  if (classCount === null || classCount === COCO_CLASSES.length) return new Map(COCO_CLASSES.map((name, index) => [index, name]))
  if (classCount === COCO_CLASSES.length + COCO_GAPS.size) {
    const used = Array.from({ length: classCount }, (_, index) => index).filter((index) => !COCO_GAPS.has(index))
    return new Map(used.map((index, position) => [index, COCO_CLASSES[position] ?? '']))
  }
  return null
}

/** Ultralytics writes `{0: 'person', 1: "bird's nest"}`. Null when there is nothing like it. */
export function parseNames(text: string | undefined): ClassNames | null {
  const entries = [...(text ?? '').matchAll(/(\d+):\s*(?:'([^']*)'|"([^"]*)")/g)]
  if (entries.length === 0) return null
  return new Map(entries.map(([, index, single, double]) => [Number(index), single ?? double ?? '']))
}
