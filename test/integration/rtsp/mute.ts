import { createServer, type Socket } from 'node:net'
import type { CameraRig } from './camera-rig.ts'

/** What takes connections and never says a word, in place of the camera. */
export class Mute {
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((socket) => void this.#sockets.add(socket.on('error', () => undefined)))

  readonly begin = async ({ camera }: CameraRig): Promise<void> => {
    const { port } = camera
    await camera.refuseConnections(true)
    camera.drop()
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
  }

  readonly end = async ({ camera }: CameraRig): Promise<void> => {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
    await camera.refuseConnections(false)
  }
}
