import type { ClipStateData } from '../../contracts/clip-state.ts'
import type { ArtifactKeeper, Thumbnail } from '../stages/artifacts.ts'
import type { ClipFile, ClipFileOpener } from '../stages/clip-file.ts'

export interface SharedPicture extends AsyncDisposable {
  readonly jpeg: Thumbnail
}

interface Made {
  users: number
  readonly file: Promise<ClipFile>
  readonly jpeg: Thumbnail
}

/** The clip is fetched and its picture made once for all who ask for it at the same time, and kept until the last of them is through. */
export class SharedPictures {
  readonly #deps: { readonly artifacts: Pick<ArtifactKeeper, 'thumbnail'>; readonly openFile: ClipFileOpener }
  readonly #made = new Map<string, Made>()

  constructor(deps: { readonly artifacts: Pick<ArtifactKeeper, 'thumbnail'>; readonly openFile: ClipFileOpener }) {
    this.#deps = deps
  }

  /** @param signal ends the making for all, so it is that of a shutdown. */
  of(clip: ClipStateData, signal: AbortSignal): SharedPicture {
    const made = this.#made.get(clip.clip_id) ?? this.#make(clip, signal)
    made.users += 1
    return { jpeg: made.jpeg, [Symbol.asyncDispose]: () => this.#release(clip.clip_id, made) }
  }

  #make(clip: ClipStateData, signal: AbortSignal): Made {
    const file = this.#deps.openFile(clip, signal)
    const draw = async () => {
      const { path } = await file
      return clip.filter_result === null ? null : this.#deps.artifacts.thumbnail(clip, clip.filter_result, path, signal)
    }
    const made = { users: 0, file, jpeg: draw() }
    this.#made.set(clip.clip_id, made)
    return made
  }

  async #release(clipId: string, made: Made): Promise<void> {
    made.users -= 1
    if (made.users > 0) return
    if (this.#made.get(clipId) === made) this.#made.delete(clipId)
    await made.jpeg
    await (await made.file)[Symbol.asyncDispose]()
  }
}
