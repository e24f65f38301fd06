import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { z } from 'zod'
import { within } from '../lib/within.ts'
import { AnswerSchema, StartedSchema, type Command } from './simulated-camera/serve-protocol.ts'
import type { SimulatedCameraOptions } from './simulated-camera/simulated-camera.ts'

export interface CameraProcess extends AsyncDisposable {
  readonly cameras: z.infer<typeof StartedSchema>['cameras']
  /** Resolves with what the camera's method returns; rejects with what went wrong. */
  command(command: Command): Promise<unknown>
}

const EXIT_WITHIN_MS = 10_000
const SERVE = join(import.meta.dirname, 'simulated-camera', 'serve.ts')

/** Simulated cameras in a process of their own: what they cost is not measured with what is under test. */
export async function startCameraProcess(cameras: readonly SimulatedCameraOptions[]): Promise<CameraProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', SERVE, JSON.stringify(cameras)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const nextLine = async (): Promise<unknown> => {
    const line = await lines.next()
    if (line.done === true) throw new Error('the process of the simulated cameras has ended')
    return JSON.parse(line.value)
  }
  const started = StartedSchema.parse(await nextLine())
  let answered: Promise<unknown> = Promise.resolve()
  const send = async (command: Command): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(command)}\n`)
    const answer = AnswerSchema.parse(await nextLine())
    if (!answer.ok) throw new Error(answer.error)
    return answer.value
  }
  return {
    cameras: started.cameras,
    command: (command) => {
      const mine = answered.then(() => send(command))
      answered = mine.catch(() => undefined)
      return mine
    },
    [Symbol.asyncDispose]: async () => {
      child.stdin.end()
      if (!(await within(closed, EXIT_WITHIN_MS, new AbortController().signal))) child.kill('SIGKILL')
      await closed
    },
  }
}
