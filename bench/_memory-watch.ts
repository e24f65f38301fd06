import type { ProcessFacts } from './_process-tree.ts'
import { median } from './_report.ts'

export interface Growth {
  readonly beforeMegabytes: number
  readonly afterMegabytes: number
  readonly factor: number
}

/** Where in the run memory is compared: of ten minutes, the third with the last. */
const BEFORE = [0.2, 0.3] as const
const AFTER = [0.9, 1] as const

/** Memory of an app and of the ffmpegs that run as long as it does. */
export class MemoryWatch {
  readonly #samples: (readonly ProcessFacts[])[] = []

  /** @param tree the app first, then all below it. */
  sample(tree: readonly ProcessFacts[]): void {
    this.#samples.push(tree)
  }

  /** Of the app's own process. */
  app(): Growth {
    return this.#growth((tree) => tree[0]?.rssMegabytes ?? 0)
  }

  /** Of the children that were there from the first minutes to the end: what a clip or a reconnect started is no growth. */
  recorders(): Growth {
    const [first = []] = this.#between(BEFORE)
    const last = new Set(this.#samples.at(-1)?.map(({ pid }) => pid))
    const steady = new Set(first.filter(({ pid, name }) => name === 'ffmpeg' && last.has(pid)).map(({ pid }) => pid))
    return this.#growth((tree) => tree.reduce((sum, { pid, rssMegabytes }) => sum + (steady.has(pid) ? rssMegabytes : 0), 0))
  }

  #between([from, to]: readonly [number, number]): readonly (readonly ProcessFacts[])[] {
    const { length } = this.#samples
    return this.#samples.slice(Math.floor(from * length), Math.ceil(to * length))
  }

  #growth(megabytes: (tree: readonly ProcessFacts[]) => number): Growth {
    const beforeMegabytes = median(this.#between(BEFORE).map(megabytes))
    const afterMegabytes = median(this.#between(AFTER).map(megabytes))
    return { beforeMegabytes, afterMegabytes, factor: afterMegabytes / beforeMegabytes }
  }
}
