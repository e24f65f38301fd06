import { access } from 'node:fs/promises'

/** False too when it cannot be told. */
export async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
