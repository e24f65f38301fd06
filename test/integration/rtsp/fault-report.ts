import { isUnbroken, type Film, type SeenClip } from '../../../src/testkit/footage.ts'

/** What became of the pictures that a camera sent. */
export interface Footprint {
  readonly clips: number
  /** Clips that do not play whole, miss a picture between their first and their last, or show them at a wrong pace. */
  readonly broken: readonly string[]
  /** Sent, but in no clip: before the first picture in any clip, between clips, and after the last one. */
  readonly before: number
  readonly lost: number
  readonly after: number
}

/** By which a clip may be longer or shorter than its pictures: a camera's clock that was set moves them by as much. */
const PACE_SLACK_S = 2.5

/** @param sent places in the film, in the order sent. */
export async function footprint(film: Film, clips: readonly string[], sent: readonly number[]): Promise<Footprint> {
  const seen = await Promise.all(clips.map((clip) => film.see(clip)))
  const shown = new Set(seen.flatMap(({ pictures }) => pictures))
  const first = sent.findIndex((place) => shown.has(place))
  const last = sent.findLastIndex((place) => shown.has(place))
  const lost = sent.slice(first, last + 1).filter((place) => !shown.has(place)).length
  const broken = seen.flatMap((clip) => faultsOf(clip, film.fps))
  return { clips: clips.length, broken, before: Math.max(0, first), lost, after: sent.length - 1 - last }
}

function faultsOf({ pictures, complaints, seconds }: SeenClip, fps: number): string[] {
  const dueS = (pictures.length - 1) / fps
  const isPaced = Math.abs(seconds - dueS) <= PACE_SLACK_S
  if (complaints === '' && isUnbroken(pictures) && isPaced) return []
  return [`${complaints} [${pictures.join(' ')}] in ${seconds} s`]
}

export interface FaultRow {
  readonly name: string
  readonly recoveredS: number
  readonly clips: number
  readonly lost: number
  readonly note: string
}

export function faultTable(rows: readonly FaultRow[]): string {
  const head = ['fault', 'recorded again after', 'clips', 'pictures lost', '']
  const lines = rows.map(({ name, recoveredS, clips, lost, note }) => [
    name,
    `${recoveredS.toFixed(1)} s`,
    String(clips),
    String(lost),
    note,
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)))
  const shown = (line: readonly string[]) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return [head, ...lines].map((line) => shown(line).trimEnd()).join('\n')
}
