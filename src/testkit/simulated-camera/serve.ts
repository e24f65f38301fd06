/**
 * A process with cameras of its own, so that they do not count where something is measured:
 * `node --import tsx serve.ts '[{"streams":{"stream1":{"video":"a.mp4"}}}]'`. Lines in and out: serve-protocol.ts. Ends with its
 * standard input or at SIGTERM.
 */
import { createInterface } from 'node:readline'
import { messageOf } from '../../contracts/errors.ts'
import { CamerasSchema, CommandSchema, type Command } from './serve-protocol.ts'
import { startSimulatedCamera, type SimulatedCamera } from './simulated-camera.ts'

async function obey(camera: SimulatedCamera, command: Command): Promise<unknown> {
  switch (command.do) {
    case 'stall': {
      camera.stall()
      return
    }
    case 'resume': {
      camera.resume()
      return
    }
    case 'drop': {
      camera.drop()
      return
    }
    case 'sessions':
      return { current: camera.sessions.current, peak: camera.sessions.peak, total: camera.sessions.total }
    case 'cpuSeconds':
      return cpuSeconds()
    case 'refuseConnections':
      return camera.refuseConnections(command.on)
    case 'corrupt': {
      camera.corrupt(command.on)
      return
    }
    case 'changePassword': {
      camera.changePassword(command.password)
      return
    }
    case 'jumpTimestamps': {
      camera.jumpTimestamps(command.seconds)
      return
    }
    case 'switchVideo':
      return camera.switchVideo(command.stream, command.video)
    case 'setSlowStart': {
      camera.setSlowStart(command.describeMs, command.firstMediaMs)
      return
    }
    case 'sentFrames':
      return camera.sentFrames(command.stream)
  }
}

/** Of this process, all cameras together. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

async function answer(cameras: readonly SimulatedCamera[], line: string): Promise<unknown> {
  try {
    const command = CommandSchema.parse(JSON.parse(line))
    const camera = cameras[command.camera]
    if (camera === undefined) throw new Error(`there is no camera ${command.camera}`)
    return { ok: true, value: (await obey(camera, command)) ?? null }
  } catch (cause) {
    return { ok: false, error: messageOf(cause) }
  }
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

async function main(): Promise<void> {
  const wanted = CamerasSchema.parse(JSON.parse(process.argv[2] ?? ''))
  const cameras = await Promise.all(wanted.map((options) => startSimulatedCamera(options)))
  const urlsOf = (camera: SimulatedCamera, names: readonly string[]) => Object.fromEntries(names.map((name) => [name, camera.url(name)]))
  const started = cameras.map((camera, at) => ({ port: camera.port, urls: urlsOf(camera, Object.keys(wanted[at]?.streams ?? {})) }))
  print({ cameras: started })

  const lines = createInterface({ input: process.stdin })
  process.once('SIGTERM', () => lines.close())
  for await (const line of lines) print(await answer(cameras, line))
  await Promise.all(cameras.map((camera) => camera[Symbol.asyncDispose]()))
}

await main()
