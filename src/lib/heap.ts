/** Smallest first by `before`. Push and pop cost O(log n). */
export class Heap<T> {
  readonly #items: T[] = []
  readonly #before: (a: T, b: T) => boolean

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let index = items.push(item) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#swapIfBefore(index, parent)) break
      index = parent
    }
  }

  pop(): T | undefined {
    const top = this.#items[0]
    const last = this.#items.pop()
    if (top === undefined || last === undefined || this.#items.length === 0) return top
    this.#items[0] = last
    this.#sink()
    return top
  }

  #sink(): void {
    let index = 0
    for (;;) {
      const smallest = this.#smallestChild(index)
      if (smallest === null || !this.#swapIfBefore(smallest, index)) return
      index = smallest
    }
  }

  #smallestChild(index: number): number | null {
    const left = 2 * index + 1
    const a = this.#items[left]
    const b = this.#items[left + 1]
    if (a === undefined) return null
    return b !== undefined && this.#before(b, a) ? left + 1 : left
  }

  #swapIfBefore(child: number, parent: number): boolean {
    const a = this.#items[child]
    const b = this.#items[parent]
    if (a === undefined || b === undefined || !this.#before(a, b)) return false
    this.#items[child] = b
    this.#items[parent] = a
    return true
  }
}
