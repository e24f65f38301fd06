import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { NO_SMALL_DISKS, SmallDisk } from '../../e2e/harness/small-disk.ts'
import { waitFor } from '../../e2e/harness/wait-for.ts'
import type { CameraRig } from './camera-rig.ts'
import { GOP, oneFilm } from './one-film.ts'

const { openRig, found } = oneFilm(90)

const saysDisk = (rig: CameraRig) => waitFor('health to say so', () => rig.health.state === 'down' && rig.health.detail.includes('disk'))
const isBack = (rig: CameraRig) => rig.heard(Date.now())

describe.skipIf(NO_SMALL_DISKS !== null).concurrent('recording', () => {
  test('stops at a full disk, says so, deletes nothing, and goes on by itself once there is room', async ({ onTestFailed }) => {
    await using rig = await openRig()
    onTestFailed(() => console.error(rig.story()))
    await using disk = new SmallDisk(rig.state, 30)
    await rig.start()
    await rig.recording()
    disk.fill()
    const kept = rig.sent().length
    await saysDisk(rig)
    await delay(3_000)
    disk.free()
    await isBack(rig)
    await rig.recording(2_500)
    const { broken, before, after, clips } = await found(rig)
    expect({ broken, before }).toEqual({ broken: [], before: 0 })
    expect(clips).toBeGreaterThanOrEqual(2)
    expect(after).toBeLessThanOrEqual(GOP)
    expect(kept).toBeGreaterThan(GOP)
  })

  test('keeps all in a ring on another disk while its own is full, and misses nothing afterwards', async ({ onTestFailed }) => {
    const ringDir = mkdtempSync(join(tmpdir(), 'homesec-ring-'))
    await using rig = await openRig({ ring: { dir: ringDir } })
    onTestFailed(() => console.error(rig.story()))
    await using disk = new SmallDisk(rig.state, 30)
    await using _ring = new SmallDisk(ringDir, 30)
    await rig.start()
    await rig.recording()
    disk.fill()
    await saysDisk(rig)
    await delay(8_000)
    disk.free()
    await isBack(rig)
    await rig.recording(2_500)
    expect(await found(rig)).toMatchObject({ broken: [], before: 0, lost: 0 })
  })

  test('is safe with the ring on another disk, goes on after that was full, and has lost only what came meanwhile', async ({
    onTestFailed,
  }) => {
    const ringDir = mkdtempSync(join(tmpdir(), 'homesec-ring-'))
    await using rig = await openRig({ ring: { dir: ringDir } })
    onTestFailed(() => console.error(rig.story()))
    await using ring = new SmallDisk(ringDir, 30)
    await rig.start()
    await rig.recording()
    ring.fill()
    await saysDisk(rig)
    ring.free()
    await isBack(rig)
    await rig.recording(2_500)
    const { broken, before, after } = await found(rig)
    expect({ broken, before }).toEqual({ broken: [], before: 0 })
    expect(after).toBeLessThanOrEqual(GOP)
  })

  test('goes on by itself after the folder of the ring was deleted', async ({ onTestFailed }) => {
    await using rig = await openRig()
    onTestFailed(() => console.error(rig.story()))
    await rig.start()
    await rig.recording()
    rmSync(rig.ring, { recursive: true })
    await waitFor('another connection', () => rig.camera.sessions.total >= 2)
    await isBack(rig)
    await rig.recording(2_500)
    const { broken, before, lost, after } = await found(rig)
    expect({ broken, before }).toEqual({ broken: [], before: 0 })
    expect(lost).toBeLessThanOrEqual(3 * GOP)
    expect(after).toBeLessThanOrEqual(GOP)
  })

  test('goes on by itself after the disk of the ring vanished', async ({ onTestFailed }) => {
    const ringDir = mkdtempSync(join(tmpdir(), 'homesec-ring-'))
    await using rig = await openRig({ ring: { dir: ringDir } })
    onTestFailed(() => console.error(rig.story()))
    const ring = new SmallDisk(ringDir, 30)
    await rig.start()
    await rig.recording()
    await ring[Symbol.asyncDispose]()
    await waitFor('another connection', () => rig.camera.sessions.total >= 2)
    await isBack(rig)
    await rig.recording(2_500)
    const { broken, before, lost, after } = await found(rig)
    expect({ broken, before }).toEqual({ broken: [], before: 0 })
    expect(lost).toBeLessThanOrEqual(3 * GOP)
    expect(after).toBeLessThanOrEqual(GOP)
  })

  test('deletes nothing when the disk of the recordings vanishes, and all is there once it is back', async ({ onTestFailed }) => {
    await using rig = await openRig()
    onTestFailed(() => console.error(rig.story()))
    const disk = join(rig.root, 'disk')
    for (const path of [disk, rig.state]) mkdirSync(path)
    const mount = () => execFileSync('mount', ['--bind', disk, rig.state])
    const unmount = () => execFileSync('umount', ['--lazy', rig.state])
    mount()
    await rig.start()
    await rig.recording()
    unmount()
    await delay(3_000)
    mount()
    await delay(8_000)
    await isBack(rig)
    await rig.recording(2_500)
    const { broken, before, after } = await found(rig)
    unmount()
    expect({ broken, before }).toEqual({ broken: [], before: 0 })
    expect(after).toBeLessThanOrEqual(GOP)
  })
})
