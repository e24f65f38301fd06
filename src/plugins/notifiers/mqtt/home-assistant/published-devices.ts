import { bridgeObjectId, cameraOf, ORIGIN_NAME, type Bridge } from './discovery.ts'
import { originOf } from './read-discovery.ts'

/** The device messages of this HomeSec that the broker keeps, those of earlier starts too. */
export class PublishedDevices {
  readonly #objectIds = new Set<string>()

  /** A device message arrived, whoever sent it. An empty one: the device is gone. @returns whether there is one more of ours. */
  see(bridge: Bridge, objectId: string, payload: Buffer): boolean {
    if (objectId !== bridgeObjectId(bridge) && cameraOf(bridge, objectId) === null) return false
    if (payload.length === 0) {
      this.#objectIds.delete(objectId)
      return false
    }
    if (originOf(payload) !== ORIGIN_NAME) return false
    this.#objectIds.add(objectId)
    return true
  }

  /** Takes out those of cameras that are not in `listed`. */
  takeStale(bridge: Bridge, listed: ReadonlySet<string>): { readonly objectId: string; readonly camera: string }[] {
    const stale = [...this.#objectIds].flatMap((objectId) => {
      const camera = cameraOf(bridge, objectId)
      return camera === null || listed.has(camera) ? [] : [{ objectId, camera }]
    })
    for (const { objectId } of stale) this.#objectIds.delete(objectId)
    return stale
  }
}
