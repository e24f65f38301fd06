interface Shared<T> {
  readonly resource: T
  holders: number
}

export interface Lease<T> extends AsyncDisposable {
  readonly resource: T
}

/** Lends one resource to everybody who asks under the same key. It is opened for the first and disposed of with the last. */
export class Leases<T extends AsyncDisposable> {
  readonly #shared = new Map<string, Shared<T>>()

  take(key: string, open: () => T): Lease<T> {
    const shared = this.#shared.get(key) ?? { resource: open(), holders: 0 }
    this.#shared.set(key, shared)
    shared.holders += 1
    let held = true
    return {
      resource: shared.resource,
      [Symbol.asyncDispose]: async () => {
        if (!held) return
        held = false
        shared.holders -= 1
        if (shared.holders > 0) return
        // Before it is closed: who asks meanwhile gets a new one, never one that is going away.
        this.#shared.delete(key)
        await shared.resource[Symbol.asyncDispose]()
      },
    }
  }
}
