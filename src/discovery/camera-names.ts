const MAX_LENGTH = 64
const FALLBACK = 'camera'

/**
 * A name for the configuration made from what a device calls itself: `Front Door` → `front_door`. Each is given once. Only letters,
 * digits and underscores, a letter first: then the variables named after two cameras differ as well.
 */
export class CameraNames {
  readonly #taken = new Set<string>()

  take(wishes: readonly (string | null)[]): string {
    const base = wishes.map((wish) => slug(wish ?? '')).find((name) => name !== '') ?? FALLBACK
    for (let number = 1; ; number += 1) {
      const suffix = number === 1 ? '' : `_${number}`
      const name = base.slice(0, MAX_LENGTH - suffix.length) + suffix
      if (this.#taken.has(name)) continue
      this.#taken.add(name)
      return name
    }
  }
}

export function variableFor(cameraName: string, stream: 'RTSP' | 'DETECT'): string {
  return `${cameraName.toUpperCase()}_${stream}_URL`
}

function slug(text: string): string {
  const plain = text.slice(0, 300).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const name = plain
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, MAX_LENGTH)
    .replace(/^_+|_+$/g, '')
  return /^[0-9]/.test(name) ? `cam_${name}`.slice(0, MAX_LENGTH) : name
}
