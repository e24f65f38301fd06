const LONE_SURROGATE = /\p{Surrogate}/gu

/** JSON that Postgres accepts as `jsonb`: without NUL characters and half code points, which a model's text may contain. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' ? item.replaceAll('\0', '').replace(LONE_SURROGATE, '\ufffd') : item,
  )
}
