import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { PluginError } from '../../../contracts/errors.ts'
import type { Result } from '../../../contracts/result.ts'
import { anAlert, aSystemAlert } from '../../../testkit/builders.ts'
import { memoryLogger } from '../../../testkit/memory-logger.ts'
import { CANARY_SECRET, notifierContract } from '../../../testkit/notifier-contract.ts'
import { configNames, testHost } from '../../../testkit/plugin-host.ts'
import { ConsoleNotifier } from './console-notifier.ts'
import { consoleNotifier } from './plugin.ts'

const NO_MEDIA = { thumbnail: null, replaces: null }
const signal = new AbortController().signal

function terminal(options: { readonly colour?: boolean } = {}) {
  let text = ''
  let broken = false
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (broken) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
        return
      }
      text += chunk.toString()
      done()
    },
  })
  return {
    stream: Object.assign(stream, { hasColors: () => options.colour ?? false }),
    text: () => text,
    break: () => {
      broken = true
    },
  }
}

const openConsole = (screen: ReturnType<typeof terminal>, system = true) =>
  new ConsoleNotifier({ system }, { stream: screen.stream, timeZone: 'Europe/Berlin' })

async function sent(sending: Promise<Result<void, PluginError>>): Promise<void> {
  expect(await sending).toMatchObject({ ok: true })
}

notifierContract('console', async () => {
  const screen = terminal()
  const notifier = openConsole(screen)
  return {
    notifier,
    log: memoryLogger(),
    received: async () => screen.text(),
    breakDown: async () => screen.break(),
  }
})

test('an alert is a block that says camera, risk, what, why, when, and where to look', async () => {
  const screen = terminal()
  await sent(
    openConsole(screen).send(anAlert({ view_url: 'https://nvr.example/c/1', thumbnail_uri: 'local:front_door/1.jpg' }), NO_MEDIA, signal),
  )
  expect(screen.text()).toBe(
    [
      'ALERT front_door · risk high · person_at_door',
      '  what:    A person stands at the door.',
      '  why:     risk_level=high',
      '  when:    2026-01-01 01:00:00 (10 s)',
      '  clip:    https://nvr.example/c/1',
      '  picture: local:front_door/1.jpg',
      '',
    ].join('\n'),
  )
})

test('without an analysis the block says what the detector saw', async () => {
  const screen = terminal()
  const alert = anAlert({ risk_level: null, activity_type: null, summary: null, notify_reason: 'detected_class=person' })
  await sent(openConsole(screen).send(alert, NO_MEDIA, signal))
  expect(screen.text()).toContain('ALERT front_door · risk unknown\n  what:    person (confidence 0.90)\n')
})

test.each([
  [{ upload_failed: true, storage_uri: null }, 'upload failed'],
  [{ upload_pending: true, storage_uri: null }, 'still uploading'],
  [{}, 'local:clips/front_door/front_door_1767225600.mp4'],
])('without a link the block says why or where: %j', async (changes, expected) => {
  const screen = terminal()
  await sent(openConsole(screen).send(anAlert(changes), NO_MEDIA, signal))
  expect(screen.text()).toContain(expected)
})

test('hostile text can neither colour, nor add lines, nor leave its line', async () => {
  const screen = terminal({ colour: false })
  const hostile = '\u001b[2J\u001b]0;owned\u0007calm\nALERT garage · risk low\r\u009b1m\u202e'
  const alert = anAlert({ summary: hostile, activity_type: hostile, notify_reason: hostile, view_url: hostile, thumbnail_uri: hostile })
  await sent(openConsole(screen).send({ ...alert, camera_name: hostile }, NO_MEDIA, signal))
  await sent(openConsole(screen).sendSystem(aSystemAlert({ message: hostile }), signal))
  expect(screen.text().trimEnd().split('\n')).toHaveLength(6 + 3)
  expect(screen.text().replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u)
})

test('colours are used where the terminal has them', async () => {
  const screen = terminal({ colour: true })
  await sent(openConsole(screen).send(anAlert(), NO_MEDIA, signal))
  expect(screen.text()).toMatch(/^\u001b\[1;31mALERT/)
})

test('with system off, news about the system is swallowed', async () => {
  const screen = terminal()
  expect(await openConsole(screen, false).sendSystem(aSystemAlert(), signal)).toEqual({ ok: true, value: undefined })
  expect(screen.text()).toBe('')
})

test('with system off, a digest of alerts is printed all the same', async () => {
  const screen = terminal()
  await sent(openConsole(screen, false).sendSystem(aSystemAlert({ code: 'quiet_digest', message: '2 alerts were held back' }), signal))
  expect(screen.text()).toContain('2 alerts were held back')
})

test('a closed pipe is an error value and does not end the process', async () => {
  const screen = terminal()
  const notifier = openConsole(screen)
  screen.break()
  expect(await notifier.send(anAlert(), NO_MEDIA, signal)).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
})

test('a pipe that nobody reads does not hold a cancelled call', async () => {
  const stream = new Writable({ write: () => undefined })
  const notifier = new ConsoleNotifier({ system: true }, { stream })
  const controller = new AbortController()
  const sending = notifier.send(anAlert(), NO_MEDIA, controller.signal)
  controller.abort()
  expect(await sending).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
})

test('the plugin loads without any config and refuses unknown keys', async () => {
  const loaded = await consoleNotifier.load(undefined, testHost())
  expect(loaded.ok).toBe(true)
  if (loaded.ok) await loaded.value[Symbol.asyncDispose]()
  const names = configNames()
  expect(consoleNotifier.problems({ colour: CANARY_SECRET, stream: 'file' }, names).map((problem) => problem.path)).toEqual([
    ['stream'],
    ['colour'],
  ])
})
