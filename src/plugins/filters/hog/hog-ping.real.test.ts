import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FakeClock } from '../../../testkit/fake-clock.ts'
import { built, testHost } from '../../../testkit/plugin-host.ts'
import { makeVideo } from '../../../testkit/videos.ts'
import { hogFilter } from './plugin.ts'

const never = new AbortController().signal
const folder = mkdtempSync(join(tmpdir(), 'homesec-ping-'))
afterAll(() => rmSync(folder, { recursive: true }))

const open = (clock = new FakeClock()) => built(hogFilter, { unload_after_s: 60, max_workers: 1 }, testHost({ clock }))

const workers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'ProcessWrap').length

test('a detector that is asked how it is every half minute is unloaded all the same', async () => {
  const clock = new FakeClock()
  await using filter = await open(clock)
  expect(await filter.ping(never)).toMatchObject({ ok: true })
  expect(workers()).toBe(1)
  for (let halfMinute = 0; halfMinute < 3; halfMinute += 1) {
    await clock.advance(30_000)
    expect(await filter.ping(never)).toMatchObject({ ok: true })
  }
  while (workers() > 0) await new Promise((resolve) => setTimeout(resolve, 20))
})

test('a busy detector that has worked says at once that it works', async () => {
  await using filter = await open()
  expect(await filter.ping(never)).toMatchObject({ ok: true })
  const stop = new AbortController()
  const long = makeVideo(join(folder, 'long.mp4'), { size: '640x480', duration_s: 120 })
  let busy = true
  const looking = filter.detect(long, { full_scan: true, sample_fps: 10 }, stop.signal).finally(() => (busy = false))
  expect(await filter.ping(never)).toMatchObject({ ok: true })
  expect(busy).toBe(true)
  stop.abort()
  await looking
})
