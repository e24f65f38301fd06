import type { DatabaseAddress } from '../session.ts'

export interface EmbeddedServerOptions {
  readonly dataDir: string
  readonly onUp: () => void
}

export class EmbeddedServer implements AsyncDisposable {
  readonly #options: EmbeddedServerOptions

  constructor(options: EmbeddedServerOptions) {
    this.#options = options
  }

  get address(): DatabaseAddress | null {
    return null
  }

  condemn(): void {
    this.#options.onUp()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve()
  }
}
