import { describe, expect, test } from 'vitest'
import { NO_SLOW_DISKS, SlowDisk } from '../../e2e/harness/slow-disk.ts'
import { waitFor } from '../../e2e/harness/wait-for.ts'
import { GOP, oneFilm } from './one-film.ts'

const { openRig, found } = oneFilm(90)
/** Where no disk hangs for long nothing is to be noticed, however busy the machine. */
const DEFAULT_PATIENCE = { stream: {} }

describe.skipIf(NO_SLOW_DISKS !== null).concurrent('recording', () => {
  test('loses no picture on a disk that hangs for more than a second, again and again', async ({ onTestFailed }) => {
    await using rig = await openRig(DEFAULT_PATIENCE)
    onTestFailed(() => console.error(rig.story()))
    await using disk = new SlowDisk(rig.state, 60)
    await rig.start()
    await rig.recording()
    await disk.hang(1.3, 6)
    await rig.recording(2_000)
    expect(await found(rig)).toMatchObject({ broken: [], before: 0, lost: 0 })
    expect(rig.camera.sessions.total).toBe(1)
  })

  test('says so when the disk hangs for long, deletes nothing, and goes on by itself', async ({ onTestFailed }) => {
    await using rig = await openRig()
    onTestFailed(() => console.error(rig.story()))
    await using disk = new SlowDisk(rig.state, 60)
    await rig.start()
    await rig.recording(4_000)
    const kept = rig.sent().length
    let hangs = true
    const hanging = disk.hang(10).finally(() => (hangs = false))
    await waitFor('health to say so', () => rig.health.state === 'down' && rig.health.detail.includes('the disk'))
    // Not only afterwards, when it is no help any more.
    expect(hangs).toBe(true)
    await hanging
    await rig.heard(Date.now())
    await rig.recording(2_500)
    const { broken, before, after, clips } = await found(rig)
    expect({ broken, before }).toEqual({ broken: [], before: 0 })
    expect(clips).toBeGreaterThanOrEqual(2)
    expect(after).toBeLessThanOrEqual(GOP)
    expect(kept).toBeGreaterThan(GOP)
  })

  test('of another camera, on a disk that works, goes on meanwhile', async ({ onTestFailed }) => {
    await using stuck = await openRig()
    await using other = await openRig(DEFAULT_PATIENCE)
    onTestFailed(() => console.error(other.story()))
    await using disk = new SlowDisk(stuck.state, 60)
    await Promise.all([stuck.start(), other.start()])
    await Promise.all([stuck.recording(), other.recording()])
    await disk.hang(10)
    await stuck.heard(Date.now())
    await other.recording(1_000)
    expect(await found(other)).toMatchObject({ broken: [], before: 0, lost: 0 })
    expect(other.camera.sessions.total).toBe(1)
  })
})
