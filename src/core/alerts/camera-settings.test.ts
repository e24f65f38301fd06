import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFAULT_CAMERA_SETTINGS, type CameraSettings } from '../../contracts/home.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { CameraSettingsStore } from './camera-settings.ts'

function freshPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'homesec-settings-')), 'camera-settings.json')
}

async function open(path: string) {
  const log = memoryLogger()
  const heard: [string, CameraSettings][] = []
  const onChange = (name: string, settings: CameraSettings) => void heard.push([name, settings])
  const store = new CameraSettingsStore({ path, cameras: ['front_door', 'yard'], log, onChange })
  await store.load()
  return { store, log, heard }
}

test('nothing switched: alerts are on, the policy decides', async () => {
  const { store, log } = await open(freshPath())
  expect(store.of('front_door')).toEqual(DEFAULT_CAMERA_SETTINGS)
  expect(log.lines).toEqual([])
})

test('a change is in force at once, is told, and is there after a restart', async () => {
  const path = freshPath()
  const { store, heard } = await open(path)
  const changing = store.change('yard', { alerts_on: false })
  expect(store.of('yard').alerts_on).toBe(false)
  expect(await changing).toEqual({ ok: true, value: undefined })
  expect(await store.change('yard', { min_risk_level: 'high', silenced_until: '2026-01-01T00:30:00.000Z' })).toMatchObject({ ok: true })
  const wanted = { alerts_on: false, min_risk_level: 'high', silenced_until: '2026-01-01T00:30:00.000Z' }
  expect(heard.at(-1)).toEqual(['yard', wanted])
  const { store: next } = await open(path)
  expect(next.of('yard')).toEqual(wanted)
  expect(next.of('front_door')).toEqual(DEFAULT_CAMERA_SETTINGS)
})

test('many changes at once end in the last of them, on disk too', async () => {
  const path = freshPath()
  const { store } = await open(path)
  const changed = await Promise.all(Array.from({ length: 21 }, (_, n) => store.change('yard', { alerts_on: n % 2 === 1 })))
  expect(changed.every(({ ok }) => ok)).toBe(true)
  const { store: next } = await open(path)
  expect([store.of('yard').alerts_on, next.of('yard').alerts_on]).toEqual([false, false])
})

test('a camera that nobody knows cannot be switched', async () => {
  const path = freshPath()
  const { store } = await open(path)
  expect(await store.change('attic', { alerts_on: false })).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  expect(() => readFileSync(path)).toThrow('ENOENT')
})

test('a damaged entry costs that camera only, and what was damaged is kept aside', async () => {
  const path = freshPath()
  const off = { alerts_on: false, min_risk_level: null, silenced_until: null }
  const damaged = JSON.stringify({ version: 1, cameras: { yard: off, front_door: { alerts_on: 'no' } } })
  writeFileSync(path, damaged)
  const { store } = await open(path)
  expect([store.of('yard').alerts_on, store.of('front_door').alerts_on]).toEqual([false, true])
  expect(await store.change('front_door', { min_risk_level: 'high' })).toMatchObject({ ok: true })
  expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(damaged)
  const { store: next } = await open(path)
  expect([next.of('yard').alerts_on, next.of('front_door').min_risk_level]).toEqual([false, 'high'])
})

test.each(['{', '{"version":2,"cameras":{}}', '{"version":1,"cameras":{"yard":{"alerts_on":"no"}}}'])(
  'a damaged file (%s) means that all alerts are on, and is said',
  async (text) => {
    const path = freshPath()
    writeFileSync(path, text)
    const { store, log } = await open(path)
    expect(store.of('yard')).toEqual(DEFAULT_CAMERA_SETTINGS)
    expect(log.lines.map(({ level }) => level)).toEqual(['warn'])
  },
)

test('a disk that takes nothing: the change holds, and whoever made it learns that it will not last', async () => {
  const path = freshPath()
  const { store } = await open(path)
  rmSync(join(path, '..'), { recursive: true })
  expect(await store.change('yard', { alerts_on: false })).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  expect(store.of('yard').alerts_on).toBe(false)
})
