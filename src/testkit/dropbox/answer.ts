/** What a route of the fake Dropbox answers. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Buffer | string
}

/** A request whose body has come in. */
export interface Call {
  readonly route: string
  /** JSON of the body or of the header, as it came. */
  readonly argument: unknown
  readonly body: Buffer
  readonly range: string | null
}

export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) }
}

/** Errors of a route: 409, with a summary that ends in some dots. */
export function routeError(summary: string, error: object): Answer {
  return json({ error_summary: `${summary}/${'.'.repeat(1 + (summary.length % 3))}`, error }, 409)
}

/** A union whose members hold nothing, such as `path/not_found`. */
export function tagged(...tags: readonly string[]): Answer {
  const error = tags.reduceRight<object | null>((inner, tag) => ({ '.tag': tag, ...(inner === null ? {} : { [tag]: inner }) }), null)
  return routeError(tags.join('/'), error ?? {})
}

/** A request that breaks the format: 400, in prose. */
export function badInput(route: string, complaint: string): Answer {
  return {
    status: 400,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: `Error in call to API function "${route}": ${complaint}`,
  }
}

export function unauthorized(tag: string, extra: object = {}): Answer {
  return json({ error_summary: `${tag}/..`, error: { '.tag': tag, ...extra } }, 401)
}
