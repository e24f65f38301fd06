import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Film } from '../../../src/testkit/footage.ts'
import { runningProcesses } from '../../../src/testkit/processes.ts'
import { makeVideo } from '../../../src/testkit/videos.ts'
import { waitFor } from '../../e2e/harness/wait-for.ts'
import { CameraRig, DETECT, STREAM, type RigOptions } from './camera-rig.ts'
import { faultTable, footprint, type FaultRow } from './fault-report.ts'
import { Mute } from './mute.ts'
import { GOP } from './one-film.ts'

interface Fault {
  readonly name: string
  readonly begin: (rig: CameraRig) => unknown
  /** Absent: it is over at once. */
  readonly end?: (rig: CameraRig) => unknown
  readonly lastsMs?: number
  /** It is there when the program starts. */
  readonly isFromStart?: boolean
  /** Shows that it was noticed. Default: health is down. Null: it need not be. */
  readonly noticed?: ((rig: CameraRig) => boolean) | null
  readonly camera?: Partial<RigOptions['camera']>
  readonly config?: RigOptions['config']
  /** Pictures that may be lost between clips: what was under way, and what nobody read. */
  readonly mayLose: number
  /** Pictures are damaged on their way: those cannot be looked for. */
  readonly damages?: boolean
  /** To be looked at, and put into the table, before it is over. */
  readonly look?: (rig: CameraRig) => string
}

/** With each connection that breaks; on a busy machine one that is too slow in the beginning breaks as well. */
const UNDER_WAY = 3 * GOP
const reconnected = (rig: CameraRig) => rig.camera.sessions.total >= 2
const isDown = ({ health }: CameraRig) => health.state === 'down'
const sends = (signal: NodeJS.Signals) => (rig: CameraRig) => process.kill(rig.recorder()?.pid ?? NaN, signal)
const jumps = (seconds: number) => (rig: CameraRig) => rig.camera.jumpTimestamps(seconds)
const USER = { username: 'homesec', password: 'right' }

const [mute, muteFromStart] = [new Mute(), new Mute()]

/** A busy machine makes a slow start slower still. */
const PATIENT = { stream: { connect_timeout_s: 30, io_timeout_s: 3 } }

const FAULTS: readonly Fault[] = [
  {
    name: 'wrong password for 8 s',
    camera: { credentials: USER },
    begin: ({ camera }) => {
      camera.changePassword('wrong')
      camera.drop()
    },
    noticed: ({ health }) => health.detail.includes('password'),
    lastsMs: 8_000,
    look: (rig) => {
      const refusals = rig.logged('camera_lost').filter(({ fields }) => fields['trouble'] === 'credentials').length
      expect(refusals).toBe(1)
      return `tried ${refusals}×`
    },
    end: ({ camera }) => camera.changePassword(USER.password),
    mayLose: UNDER_WAY,
  },
  { name: 'stall', begin: ({ camera }) => camera.stall(), end: ({ camera }) => camera.resume(), mayLose: UNDER_WAY },
  { name: 'drop', begin: ({ camera }) => camera.drop(), noticed: reconnected, mayLose: UNDER_WAY },
  {
    name: 'reboot of 4 s',
    begin: async ({ camera }) => {
      await camera.refuseConnections(true)
      camera.drop()
    },
    end: ({ camera }) => camera.refuseConnections(false),
    lastsMs: 4_000,
    mayLose: UNDER_WAY,
  },
  {
    name: 'offline at start, for 4 s',
    isFromStart: true,
    begin: ({ camera }) => camera.refuseConnections(true),
    end: ({ camera }) => camera.refuseConnections(false),
    lastsMs: 4_000,
    mayLose: 0,
  },
  { name: 'takes connections, never answers', begin: mute.begin, end: mute.end, mayLose: UNDER_WAY },
  { name: 'never answers at start', isFromStart: true, begin: muteFromStart.begin, end: muteFromStart.end, mayLose: 0 },
  {
    name: 'slow start, 2 s',
    isFromStart: true,
    begin: ({ camera }) => camera.setSlowStart(1_500, 500),
    config: PATIENT,
    noticed: null,
    mayLose: 0,
  },
  {
    name: 'too slow a start',
    isFromStart: true,
    begin: ({ camera }) => camera.setSlowStart(20_000),
    end: ({ camera }) => camera.setSlowStart(0),
    mayLose: 0,
  },
  { name: 'clock jumps 3600 s ahead', begin: jumps(3600), noticed: reconnected, mayLose: UNDER_WAY },
  { name: 'clock jumps 3600 s back', begin: jumps(-3600), noticed: reconnected, mayLose: UNDER_WAY },
  { name: 'clock jumps 1 s ahead', begin: jumps(1), noticed: null, mayLose: 0 },
  { name: 'clock jumps 0.6 s back', begin: jumps(-0.6), noticed: null, mayLose: 1 },
  {
    name: 'clock jumps again and again',
    begin: async (rig) => {
      for (const seconds of [3600, -3600, 86_400, -10, 3600]) {
        rig.camera.jumpTimestamps(seconds)
        await rig.seen(Date.now() + 1_500) // each hits a live stream
      }
    },
    noticed: (rig) => rig.camera.sessions.total >= 3,
    mayLose: 5 * GOP,
  },
  {
    name: 'corrupt packets for 6 s',
    begin: ({ camera }) => camera.corrupt(true),
    end: ({ camera }) => camera.corrupt(false),
    noticed: null,
    lastsMs: 6_000,
    mayLose: 70,
    damages: true,
  },
  { name: 'ffmpeg killed', begin: sends('SIGKILL'), noticed: reconnected, mayLose: UNDER_WAY },
  { name: 'ffmpeg hung', begin: sends('SIGSTOP'), noticed: reconnected, mayLose: 8 * GOP },
]

const folder = mkdtempSync(join(tmpdir(), 'homesec-faults-'))
const rows: FaultRow[] = []
let film: Film
let large: Film

beforeAll(async () => {
  large = await Film.make(join(folder, 'large.mp4'), { size: '480x360', duration_s: 30 })
  // Longer than a fault takes on a busy machine: where the film begins anew, nobody can tell what is missing.
  film = await Film.make(join(folder, 'film.mp4'), { duration_s: 240 })
})
afterAll(() => {
  console.log(`\n${faultTable(rows)}\n`)
  rmSync(folder, { recursive: true, force: true })
})

/** Starts the camera and the recording, lets the fault be, and resolves when pictures are recorded again. */
async function suffer(rig: CameraRig, fault: Fault): Promise<{ readonly recoveredS: number; readonly note: string }> {
  const { isFromStart = false, noticed = isDown } = fault
  if (isFromStart) await fault.begin(rig)
  let overAtMs = Date.now()
  await rig.start()
  if (!isFromStart) {
    await rig.recording()
    overAtMs = Date.now()
    await fault.begin(rig)
  }
  if (noticed !== null) await waitFor(`${fault.name} to be noticed`, () => noticed(rig))
  const noticedAtMs = Date.now()
  let note = ''
  if (fault.end !== undefined) {
    await delay(fault.lastsMs ?? 500)
    note = fault.look?.(rig) ?? ''
    overAtMs = Date.now()
    await fault.end(rig)
  }
  const backAtMs = await rig.heard(Math.max(overAtMs, noticedAtMs))
  return { recoveredS: (backAtMs - overAtMs) / 1000, note }
}

describe.concurrent('a fault of the camera or of ffmpeg', () => {
  test.for(FAULTS)('$name: recording goes on by itself, and no clip misses a picture', async (fault, { onTestFailed }) => {
    const { camera = {}, config = {} } = fault
    await using rig = await CameraRig.open({ camera: { streams: { [STREAM]: { video: film.path } }, ...camera }, config })
    onTestFailed(() => console.error(`${fault.name}\n${rig.story()}`))
    const { recoveredS, note } = await suffer(rig, fault)
    await rig.recording(3_000)
    await rig.drain()

    const found = await footprint(film, rig.clips, rig.sent())
    rows.push({ name: fault.name, recoveredS, clips: found.clips, lost: found.lost, note })
    if (fault.damages !== true) expect(found.broken).toEqual([])
    expect(found.before).toBe(0)
    expect(found.lost).toBeLessThanOrEqual(fault.mayLose)
    expect(found.after).toBeLessThanOrEqual(GOP)
  })

  test('another size in mid-stream: the clip goes on in a new one, and both play whole', async ({ onTestFailed }) => {
    await using rig = await CameraRig.open({ camera: { streams: { [STREAM]: { video: film.path } } } })
    onTestFailed(() => console.error(rig.story()))
    await rig.start()
    await rig.recording(2_300)
    await rig.camera.switchVideo(STREAM, large.path)
    const before = rig.sent().length
    await rig.seen(Date.now() + 3_500)
    await rig.drain()
    const sizes = await Promise.all(rig.clips.map(async (clip) => isAll((await large.see(clip)).pictures)))
    const ofSize = (isLarge: boolean) => rig.clips.filter((_, at) => sizes[at] === isLarge)
    const [first, second] = [
      await footprint(film, ofSize(false), rig.sent().slice(0, before)),
      await footprint(large, ofSize(true), rig.sent().slice(before)),
    ]
    const lost = first.lost + first.after + second.before + second.lost
    rows.push({ name: 'another size in mid-stream', recoveredS: 0, clips: rig.clips.length, lost, note: '' })
    expect([...first.broken, ...second.broken]).toEqual([])
    expect(lost).toBe(0)
    expect(second.after).toBeLessThanOrEqual(GOP)
  })
})

const isAll = (pictures: readonly number[]) => pictures.every((place) => place >= 0)

describe('a fault of the detect stream', () => {
  const streams = () => ({ [STREAM]: { video: film.path }, [DETECT]: { video: film.path } })
  const config = { detect_url_env: 'DETECT' }
  const detector = ({ camera }: CameraRig) =>
    runningProcesses().find(({ command }) => command[0] === 'ffmpeg' && command.includes(camera.url(DETECT)))

  const replayers = () =>
    runningProcesses().filter(({ parent, command }) => parent === process.pid && command[0] === 'ffmpeg' && command.includes('pipe:0'))

  test('a camera that refuses the second session is watched in what is recorded, without any interruption', async ({ onTestFailed }) => {
    await using rig = await CameraRig.open({ camera: { streams: streams(), maxSessions: 1 }, config })
    onTestFailed(() => console.error(rig.story()))
    await rig.start()
    await rig.recording(6_000)
    expect(rig.logged('detect_stream_down')).toHaveLength(1)
    expect(rig.health.state).toBe('ok')
    const hung = replayers()[0]?.pid ?? NaN
    const hungAtMs = Date.now()
    process.kill(hung, 'SIGSTOP')
    await waitFor(
      'another decoder of the ring',
      () => replayers().some(({ pid }) => pid !== hung) && !replayers().some(({ pid }) => pid === hung),
    )
    const recoveredS = (Date.now() - hungAtMs) / 1000
    expect(rig.camera.sessions).toMatchObject({ total: 1, peak: 1 })
    await rig.drain()
    const found = await footprint(film, rig.clips, rig.sent())
    rows.push({ name: 'second session refused', recoveredS: 0, clips: found.clips, lost: found.lost, note: 'watched in the ring' })
    rows.push({ name: 'decoder of the ring hung', recoveredS, clips: 0, lost: 0, note: 'main stream untouched' })
    expect(found).toMatchObject({ broken: [], before: 0, lost: 0 })
  })

  /** Kills or stops the child that reads the detect stream; resolves when another one reads it. */
  async function breakDetector(rig: CameraRig, signal: 'SIGKILL' | 'SIGSTOP'): Promise<void> {
    const sessions = rig.camera.sessionsOf(DETECT).total
    process.kill(detector(rig)?.pid ?? NaN, signal)
    const isBack = () => rig.camera.sessionsOf(DETECT).total > sessions && rig.camera.sessionsOf(DETECT).current === 1
    await waitFor('the detect stream', isBack)
  }

  test('a detect stream whose reader is killed or hangs is read again, and the recording never notices', async ({ onTestFailed }) => {
    await using rig = await CameraRig.open({ camera: { streams: streams() }, config })
    onTestFailed(() => console.error(rig.story()))
    await rig.start()
    await rig.recording()
    for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
      const brokenAtMs = Date.now()
      await breakDetector(rig, signal)
      const name = signal === 'SIGKILL' ? 'reader of the detect stream killed' : 'reader of the detect stream hung'
      rows.push({ name, recoveredS: (Date.now() - brokenAtMs) / 1000, clips: 0, lost: 0, note: 'main stream untouched' })
    }
    // Something moves all the time: another view of it would have to learn first what does not.
    expect(rig.logged('detect_stream_back')).toEqual([])
    expect(rig.camera.sessionsOf(STREAM).total).toBe(1)
    expect(rig.health.state).toBe('ok')
    await rig.drain()
    expect(await footprint(film, rig.clips, rig.sent())).toMatchObject({ broken: [], before: 0, lost: 0 })
  })

  test('motion is watched on the detect stream again once nothing is being recorded', async ({ onTestFailed }) => {
    const still = makeVideo(join(folder, 'still.mp4'), { size: '320x240', duration_s: 5, picture: 'smptebars' })
    await using rig = await CameraRig.open({ camera: { streams: { [STREAM]: { video: still }, [DETECT]: { video: still } } }, config })
    onTestFailed(() => console.error(rig.story()))
    await rig.start()
    await waitFor('the detect stream', () => rig.camera.sessionsOf(DETECT).current === 1)
    await delay(3_000)
    await breakDetector(rig, 'SIGKILL')
    await waitFor('motion on it', () => rig.logged('detect_stream_back').length > 0)
    expect(rig.logged('detect_stream_down')).toHaveLength(1)
    expect(rig.camera.sessionsOf(STREAM).total).toBe(1)
  })
})
