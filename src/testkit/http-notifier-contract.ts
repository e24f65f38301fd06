import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Notifier } from '../contracts/notifier.ts'
import { anAlert } from './builders.ts'
import { CANARY_SECRET } from './notifier-contract.ts'

export interface HttpService {
  readonly server: AsyncDisposable
  /** It takes requests from now on and never answers. */
  readonly hang: () => void
  /** A notifier that uses it, with `CANARY_SECRET` for every secret it takes. */
  readonly open: (config: { readonly timeout_s?: number }) => Promise<Notifier>
}

const NO_MEDIA = { thumbnail: null, replaces: null }
const never = new AbortController().signal

/** What every notifier that speaks HTTP owes when nobody answers, besides the contract of all notifiers. */
export function httpNotifierContract(name: string, start: () => Promise<HttpService>): void {
  describe(`${name} over HTTP`, () => {
    test('no answer is a timeout, and is not waited for when the signal aborts', async () => {
      const { server, hang, open } = await start()
      hang()
      await using hasty = await open({ timeout_s: 0.05 })
      expect(await hasty.send(anAlert(), NO_MEDIA, never)).toMatchObject({ ok: false, error: { kind: 'timeout' } })
      await using patient = await open({})
      const abort = new AbortController()
      const sending = patient.send(anAlert(), NO_MEDIA, abort.signal)
      abort.abort()
      expect(await sending).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
      await server[Symbol.asyncDispose]()
    })

    test('nobody there is "unavailable", without the address', async () => {
      const { server, open } = await start()
      await server[Symbol.asyncDispose]()
      await using notifier = await open({})
      const sent = await notifier.send(anAlert(), NO_MEDIA, never)
      expect(sent).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
      expect(inspect(sent, { depth: 9, showHidden: true })).not.toContain(CANARY_SECRET)
    })
  })
}
