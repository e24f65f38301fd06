import { expect, onTestFailed, onTestFinished, test } from 'vitest'
import { openDescriptors, processesIn, runningProcesses } from '../../../src/testkit/processes.ts'
import { waitFor } from '../../e2e/harness/wait-for.ts'
import { CameraRig, DETECT, STREAM } from './camera-rig.ts'
import { oneFilm } from './one-film.ts'

const DROPS = 30
/** By then everything has been used once. */
const WARM = 5

const { film } = oneFilm(480)

test('a camera that is lost 30 times leaves nothing behind: no process, no open file, no listener', { timeout: 480_000 }, async () => {
  const warnings: string[] = []
  const onWarning = ({ name, message }: Error) => void warnings.push(`${name}: ${message}`)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const streams = { [STREAM]: { video: film().path }, [DETECT]: { video: film().path } }
  const reconnect = { backoff_s: 0.1, max_backoff_s: 0.2 }
  await using rig = await CameraRig.open({ camera: { streams }, config: { detect_url_env: 'DETECT', reconnect } })
  onTestFailed(() => console.error(rig.story()))
  await rig.start()
  await rig.recording(0)
  const descriptors: number[] = []
  for (let drop = 1; drop <= DROPS; drop += 1) {
    const { total } = rig.camera.sessionsOf(STREAM)
    rig.camera.drop()
    await waitFor('both streams again', () => rig.camera.sessionsOf(STREAM).total > total && rig.camera.sessionsOf(DETECT).current === 1)
    await rig.seen(Date.now())
    await waitFor('the clips of before', () => rig.clips.length >= drop)
    descriptors.push(openDescriptors(process.pid))
  }
  const [warm, last] = [Math.max(...descriptors.slice(0, WARM)), Math.min(...descriptors.slice(-WARM))]
  console.log(`${DROPS} reconnects: ${warm} descriptors open after ${WARM}, ${last} at the end; ${rig.clips.length} clips`)
  expect(last).toBeLessThanOrEqual(warm)
  expect(processesIn(rig.ring)).toHaveLength(1)
  await rig.stop()
  const address = `127.0.0.1:${rig.camera.port}/`
  expect(runningProcesses().filter(({ command }) => command.some((part) => part.includes(address)))).toEqual([])
  expect(warnings.filter((warning) => !warning.startsWith('ExperimentalWarning'))).toEqual([])
})
