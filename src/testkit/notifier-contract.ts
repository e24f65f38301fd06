import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ERROR_KINDS, type PluginError } from '../contracts/errors.ts'
import type { Notifier } from '../contracts/notifier.ts'
import type { Result } from '../contracts/result.ts'
import { anAlert, aSystemAlert } from './builders.ts'
import type { LoggedLine } from './memory-logger.ts'

/** The value every secret of a notifier under test has; it must come out nowhere. */
export const CANARY_SECRET = 'canary-7f3a-secret'

export interface NotifierSubject {
  readonly notifier: Notifier
  /** The other side, where it is of this test alone; closed after the notifier. */
  readonly server?: AsyncDisposable
  readonly log: { readonly lines: readonly LoggedLine[] }
  /** Everything the other side has received so far, as text. */
  received(): Promise<string>
  /** Makes the other side fail from now on, as badly as it can. */
  breakDown(): Promise<void>
}

const NO_MEDIA = { thumbnail: null, replaces: null }
const never = () => new AbortController().signal

/** What every notifier owes the pipeline. `open` gives a working one, with `CANARY_SECRET` for every secret it takes. */
export function notifierContract(name: string, open: () => Promise<NotifierSubject>): void {
  describe(`${name} keeps the notifier contract`, () => {
    let subject: NotifierSubject
    beforeEach(async () => {
      subject = await open()
    })
    afterEach(async () => {
      await subject.notifier[Symbol.asyncDispose]()
      await subject.server?.[Symbol.asyncDispose]()
    })

    test('an alert arrives', async () => {
      expect(await subject.notifier.send(anAlert({ camera_name: 'back_yard' }), NO_MEDIA, never())).toMatchObject({ ok: true })
      expect(await subject.received()).toContain('back_yard')
    })

    test('news about the system is taken', async () => {
      expect(await subject.notifier.sendSystem(aSystemAlert(), never())).toMatchObject({ ok: true })
    })

    test('news without a camera is taken', async () => {
      expect(await subject.notifier.sendSystem(aSystemAlert({ camera_name: null, clip_id: null }), never())).toMatchObject({ ok: true })
    })

    test('the same alert may be sent again', async () => {
      expect(await subject.notifier.send(anAlert(), NO_MEDIA, never())).toMatchObject({ ok: true })
      expect(await subject.notifier.send(anAlert(), NO_MEDIA, never())).toMatchObject({ ok: true })
    })

    test('ping says that it works', async () => {
      expect(await subject.notifier.ping(never())).toMatchObject({ ok: true })
    })

    test('with a signal that has aborted, every call returns "cancelled" and nothing goes out', async () => {
      const aborted = AbortSignal.abort()
      for (const call of everyCall(subject.notifier, aborted))
        expect(await call()).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
      expect(await subject.received()).not.toContain('front_door')
    })

    test('when the other side fails, every call still returns a value of a known kind', async () => {
      await subject.breakDown()
      for (const call of everyCall(subject.notifier, AbortSignal.timeout(5000))) expectKnownKind(await call())
    })

    test('disposing twice is fine, and calls after that return "cancelled"', async () => {
      await subject.notifier[Symbol.asyncDispose]()
      await subject.notifier[Symbol.asyncDispose]()
      for (const call of everyCall(subject.notifier, never()))
        expect(await call()).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
    })

    test('no secret comes out in an error or a log line', async () => {
      const results: unknown[] = []
      for (const call of everyCall(subject.notifier, never())) results.push(await call())
      await subject.breakDown()
      for (const call of everyCall(subject.notifier, AbortSignal.timeout(5000))) results.push(await call())
      await subject.notifier[Symbol.asyncDispose]()
      for (const call of everyCall(subject.notifier, never())) results.push(await call())
      const everything = inspect([results, subject.log.lines], { depth: 12, maxArrayLength: null, maxStringLength: null })
      expect(everything).not.toContain(CANARY_SECRET)
      expect(everything).not.toContain(Buffer.from(CANARY_SECRET).toString('base64'))
    })
  })
}

function everyCall(notifier: Notifier, signal: AbortSignal): ReadonlyArray<() => Promise<Result<void, PluginError>>> {
  return [() => notifier.send(anAlert(), NO_MEDIA, signal), () => notifier.sendSystem(aSystemAlert(), signal), () => notifier.ping(signal)]
}

function expectKnownKind(result: Result<void, PluginError>): void {
  if (!result.ok) expect(ERROR_KINDS.filter((kind) => kind !== 'bug')).toContain(result.error.kind)
}
