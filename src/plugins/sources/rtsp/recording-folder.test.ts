import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { RecordingFolder } from './recording-folder.ts'

const JOURNAL = { version: 1, zero_ts: '2026-01-01T00:00:00.000Z', first_ms: 1500, end_ms: null } as const

async function recording() {
  const root = mkdtempSync(join(tmpdir(), 'homesec-folder-'))
  const folder = new RecordingFolder(join(root, 'recordings', '1-1500'))
  await folder.create(JOURNAL)
  const segment = (number: number, content = 'pictures') => {
    const path = join(root, `1-${String(number).padStart(6, '0')}.ts`)
    writeFileSync(path, content)
    return path
  }
  return { folder, segment }
}

test('what it remembers can be read by the next start', async () => {
  const { folder } = await recording()
  expect(await folder.read()).toEqual(JOURNAL)
  await folder.write({ ...JOURNAL, end_ms: 9000 })
  expect(await new RecordingFolder(folder.path).read()).toEqual({ ...JOURNAL, end_ms: 9000 })
})

test('a journal that is missing, cut off or of another kind is none', async () => {
  const { folder } = await recording()
  for (const text of ['', '{"version":1', '{"version":2}', '[]', JSON.stringify({ ...JOURNAL, zero_ts: 'yesterday' })]) {
    writeFileSync(join(folder.path, 'recording.json'), text)
    expect(await folder.read()).toBeNull()
  }
  expect(await new RecordingFolder('/nowhere').read()).toBeNull()
})

test('a segment that is still being written goes on growing under its second name', async () => {
  const { folder, segment } = await recording()
  const source = segment(3)
  await folder.secure(source)
  appendFileSync(source, ', more of them')
  await folder.secure(source)
  expect(readFileSync(join(folder.path, '1-000003.ts'), 'utf8')).toBe('pictures, more of them')
  expect(statSync(source).nlink).toBe(2)
})

const RAM_DISK = '/dev/shm'

test.skipIf(!existsSync(RAM_DISK))(
  'from a ring on another disk a growing segment is copied as far as it is, and again when it is complete',
  async () => {
    const { folder } = await recording()
    const source = join(mkdtempSync(join(RAM_DISK, 'homesec-ring-')), '1-000003.ts')
    writeFileSync(source, 'pictures')
    await folder.secure(source)
    appendFileSync(source, ', more of them')
    await folder.secure(source)
    expect(readFileSync(join(folder.path, '1-000003.ts'), 'utf8')).toBe('pictures, more of them')
    rmSync(dirname(source), { recursive: true })
  },
)

test('another file of the same name replaces the copy', async () => {
  const { folder, segment } = await recording()
  writeFileSync(join(folder.path, '1-000003.ts'), 'half')
  await folder.secure(segment(3, 'the whole'))
  expect(readFileSync(join(folder.path, '1-000003.ts'), 'utf8')).toBe('the whole')
})

test('segments are listed in the order of the stream, and empty ones are none', async () => {
  const { folder, segment } = await recording()
  for (const number of [1_000_000, 999_999, 9, 10]) await folder.secure(segment(number))
  await folder.secure(segment(12, ''))
  expect(await folder.segments()).toEqual(['1-000009.ts', '1-000010.ts', '1-999999.ts', '1-1000000.ts'])
})

test('a segment that is gone is an error, and removing leaves nothing', async () => {
  const { folder } = await recording()
  await expect(folder.secure('/nowhere/1-000001.ts')).rejects.toMatchObject({ code: 'ENOENT' })
  await folder.remove()
  expect(existsSync(folder.path)).toBe(false)
})
