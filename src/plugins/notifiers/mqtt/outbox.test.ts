import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import type { Message } from './message.ts'
import { Outbox } from './outbox.ts'

let root: string
let folder: string
let log: ReturnType<typeof memoryLogger>
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'homesec-outbox-'))
  folder = join(root, 'outbox')
  log = memoryLogger()
})
afterEach(() => rm(root, { recursive: true, force: true }))

const aMessage = (dedupe_key: string, payload = dedupe_key): Message => ({
  version: 1,
  dedupe_key,
  topic: 'homecam/alerts/front_door',
  payload,
  qos: 1,
  retain: false,
  queued_at: '2026-01-01T00:00:00.000Z',
})

const outbox = (max = 1000) => new Outbox(folder, max, log)

async function put(box: Outbox, ...messages: readonly Message[]): Promise<void> {
  for (const message of messages) expect(await box.put(message)).toMatchObject({ ok: true })
}

async function takeAll(box: Outbox): Promise<string[]> {
  expect(await box.open()).toMatchObject({ ok: true })
  const payloads: string[] = []
  for (let head = await box.head(); head !== null; head = await box.head()) {
    payloads.push(head.message.payload)
    await box.remove(head.name)
  }
  return payloads
}

test('messages come out in the order they went in, also from another process', async () => {
  await put(outbox(), aMessage('a'), aMessage('b'))
  await put(outbox(), aMessage('c'))
  expect(await takeAll(outbox())).toEqual(['a', 'b', 'c'])
  expect(await readdir(folder)).toEqual([])
})

test('a message with a key that waits already replaces it and keeps its place', async () => {
  await put(outbox(), aMessage('a', 'old'), aMessage('b'))
  const box = outbox()
  await put(box, aMessage('a', 'new'))
  expect(box.size).toBe(2)
  expect(await takeAll(box)).toEqual(['new', 'b'])
})

test('many at once keep their order and are one each', async () => {
  const box = outbox()
  const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`)
  await Promise.all([...keys, ...keys].map((key) => put(box, aMessage(key))))
  expect(await takeAll(box)).toEqual(keys)
})

test('beyond the limit the oldest goes, and the log says so', async () => {
  const box = outbox(2)
  await put(box, aMessage('a'), aMessage('b'), aMessage('c'))
  expect(log.lines).toEqual([
    expect.objectContaining({ level: 'warn', fields: { event_type: 'mqtt_outbox_full', dropped: 1, max_messages: 2 } }),
  ])
  expect(await takeAll(box)).toEqual(['b', 'c'])
})

test('a limit that was lowered holds at the next start', async () => {
  await put(outbox(), aMessage('a'), aMessage('b'), aMessage('c'))
  expect(await takeAll(outbox(1))).toEqual(['c'])
})

test('what is no message is set aside and the rest goes on', async () => {
  await put(outbox(), aMessage('a'), aMessage('b'))
  const [first = ''] = await readdir(folder)
  await writeFile(join(folder, first), '{"version":99}')
  await writeFile(join(folder, 'notes.txt'), 'x')
  await mkdir(join(folder, 'a-folder'))
  await writeFile(join(folder, '000000000009-0123456789abcdef.json.0badcafe.tmp'), 'half')
  expect(await takeAll(outbox())).toEqual(['b'])
  expect((await readdir(join(folder, 'set-aside'))).sort()).toEqual([first, 'a-folder', 'notes.txt'].sort())
  expect(await readdir(folder)).toEqual(['set-aside'])
})

test('a folder that cannot be made is an error value, and works as soon as it can', async () => {
  await writeFile(folder, 'in the way')
  const box = outbox()
  expect(await box.put(aMessage('a'))).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  expect(await box.open()).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  await rm(folder)
  await put(box, aMessage('a'))
  expect(await takeAll(box)).toEqual(['a'])
})
