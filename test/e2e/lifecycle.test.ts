import { expect, test } from 'vitest'
import { clip, drop } from './harness/clips.ts'
import { CAMERA, nameOf, openHome, withPhone } from './harness/home.ts'

test('SIGTERM lets the clip in flight finish and ends with code 0', async () => {
  const home = openHome({ filter: { backend: 'mock', config: { delay_ms: 1500 } }, shutdown_grace_s: 60 })
  const phone = await withPhone(home)
  const run = await home.start()
  home.drop(1)
  await home.until(1, 'in the filter', ({ stages }) => stages.filter.status === 'running')
  run.signal('SIGTERM')
  expect(await run.ended).toEqual({ code: 0, signal: null })
  expect(home.journal(1)).toMatchObject({ status: 'done', stages: { filter: { attempts: 1 } } })
  expect(home.copiesOf([1])).toEqual([1])
  expect(phone.alerts).toHaveLength(1)
})

test('SIGTERM cancels a clip that takes longer than the grace, ends with code 0, and the next start goes on with it', async () => {
  const home = openHome({ filter: { backend: 'mock', config: { delay_ms: 600_000 } }, shutdown_grace_s: 0.2 })
  const phone = await withPhone(home)
  const run = await home.start()
  home.drop(1)
  await home.until(1, 'uploaded, in the filter', ({ stages }) => stages.upload.status === 'ok' && stages.filter.status === 'running')
  run.signal('SIGTERM')
  expect(await run.ended).toEqual({ code: 0, signal: null })
  expect(home.journal(1)).toMatchObject({ stages: { filter: { status: 'pending' } } })

  home.reconfigure({ filter: { backend: 'mock' } })
  await home.start()
  const { clip_id } = await home.done(1)
  expect(home.copiesOf([1])).toEqual([1])
  expect(phone.alerts.map((alert) => alert.clip_id)).toEqual([clip_id])
})

test('a second SIGTERM ends the program at once', async () => {
  const home = openHome({ filter: { backend: 'mock', config: { delay_ms: 600_000 } }, shutdown_grace_s: 600 })
  const run = await home.start()
  home.drop(1)
  await home.until(1, 'in the filter', ({ stages }) => stages.filter.status === 'running')
  run.signal('SIGTERM')
  await run.logged('homesec_stopping')
  expect(run.isRunning).toBe(true)
  run.signal('SIGTERM')
  expect(await run.ended).toEqual({ code: 130, signal: null })
})

test('a second program on the same data folder refuses to start and names the first', async () => {
  const home = openHome()
  const first = await home.start()
  const second = home.spawn()
  expect(await second.ended).toEqual({ code: 1, signal: null })
  expect(second.stderr).toMatch(new RegExp(`process ${first.pid}\\b`))
  home.drop(1)
  await home.done(1)
  expect(first.isRunning).toBe(true)
})

test('500 clips dropped at once are all done, none lost, none twice', { timeout: 600_000 }, async () => {
  const home = openHome({ filter: { backend: 'mock', config: { detected_classes: [] } }, log: { level: 'warn' } })
  const numbers = Array.from({ length: 500 }, (_, n) => n)
  for (const n of numbers) drop(home.inbox, nameOf(n), clip(n))
  home.spawn()
  await home.allDone(numbers, 560_000)
  expect(home.journals()).toHaveLength(500)
  expect(home.stored()).toHaveLength(500)
  expect(home.copiesOf(numbers)).toEqual(numbers.map(() => 1))
  expect(new Set(home.stored().map(({ name }) => name)).size).toBe(500)
  expect(home.stored().every(({ name }) => name.startsWith(`${CAMERA}_`))).toBe(true)
})
