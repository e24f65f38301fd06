import type { ClosedSegment } from './camera-session.ts'
import type { RecordingFolder } from './recording-folder.ts'

/** A clip that is being recorded. */
export class OpenRecording {
  readonly folder: RecordingFolder
  readonly picture: PictureShape
  /** Segments that belong to it but could not be taken yet, by their start. */
  readonly missing = new Map<number, ClosedSegment>()
  /** Stream time of its first picture. */
  readonly firstMs: number

  constructor(folder: RecordingFolder, firstMs: number, picture: PictureShape) {
    this.folder = folder
    this.firstMs = firstMs
    this.picture = picture
  }
}

/** What all pictures of one clip have in common: an MP4 has one size and profile. */
export class PictureShape {
  #parameterSets: string | null

  constructor(parameterSets: string | null = null) {
    this.#parameterSets = parameterSets
  }

  /** Whether parameter sets are others than those seen before; the first are remembered. Null says nothing. */
  differsFrom(parameterSets: string | null): boolean {
    if (parameterSets === null) return false
    this.#parameterSets ??= parameterSets
    return this.#parameterSets !== parameterSets
  }
}
