import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aClipState } from '../../testkit/clip-states.ts'
import { settle } from '../../testkit/fake-clock.ts'
import { IntakeFixture } from '../../testkit/intake-fixture.ts'

let house: IntakeFixture
beforeEach(async () => {
  house = await IntakeFixture.open()
})
afterEach(() => house[Symbol.asyncDispose]())

describe('clips in flight', () => {
  test('no more than allowed are processed at once, and new ones go before old ones', async () => {
    const order: string[] = []
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const { sink, intake, repository, journal } = house.setUp({
      maxClipsInFlight: 1,
      process: async ({ original_name }) => {
        order.push(original_name ?? '')
        await gate
      },
    })
    const accept = async (name: string) => expect(await sink.accept(await house.incoming(name))).toMatchObject({ ok: true })
    await accept('first')
    await accept('second')
    await settle()
    expect([order, intake.load]).toEqual([['first'], { waiting: 1, inFlight: 1 }])
    journal.files.set('front_door_1.mp4', { ...aClipState({ clip_id: 'front_door_1.mp4', original_name: 'old' }), events: [] })
    const old = intake.run('front_door_1.mp4', 'backlog')
    await settle()
    await accept('third')
    open()
    await old
    await expect.poll(() => order).toEqual(['first', 'second', 'third', 'old'])
    expect(repository.get('front_door_9.mp4')).toBeNull()
  })

  test('a clip that is on its way is not run a second time beside itself, but waited for', async () => {
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const order: string[] = []
    const { sink, intake } = house.setUp({
      process: async ({ clip_id }) => {
        order.push(clip_id)
        await gate
        order.push('end')
      },
    })
    expect(await sink.accept(await house.incoming('a.mp4'))).toMatchObject({ ok: true })
    const again = intake.run('front_door_1767225600.mp4', 'backlog').then(() => order.push('waited'))
    await settle()
    open()
    await again
    expect(order).toEqual(['front_door_1767225600.mp4', 'end', 'waited'])
  })

  test('a clip that breaks the pipeline leaves the others alone', async () => {
    const seen: string[] = []
    const { sink, intake, log } = house.setUp({
      process: async ({ original_name }) => {
        seen.push(original_name ?? '')
        if (original_name === 'bad') throw new Error('boom')
      },
    })
    for (const name of ['bad', 'good']) expect(await sink.accept(await house.incoming(name))).toMatchObject({ ok: true })
    await intake.close(1000)
    expect(seen).toEqual(['bad', 'good'])
    expect(log.lines.some(({ fields }) => fields['event_type'] === 'clip_failed')).toBe(true)
  })

  test('closing lets clips finish within the grace, then cancels them; those that wait stay for the next start', async () => {
    const signals: AbortSignal[] = []
    const { sink, intake } = house.setUp({
      maxClipsInFlight: 1,
      process: async (_clip, _slot, signal) => {
        signals.push(signal)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      },
    })
    for (const name of ['a', 'b']) expect(await sink.accept(await house.incoming(name))).toMatchObject({ ok: true })
    await settle()
    await intake.close(20)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(await sink.accept(await house.incoming('c'))).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  })

  test('closing twice says only once that clips were cut short, and nothing when none were', async () => {
    const { intake, log } = house.setUp()
    await intake.close(10)
    await intake.close(10)
    expect(log.lines).toEqual([])
  })

  test('many clips may wait without a warning', async () => {
    const warnings: Error[] = []
    const note = (warning: Error) => {
      if (warning.name === 'MaxListenersExceededWarning') warnings.push(warning)
    }
    process.on('warning', note)
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const { sink, intake } = house.setUp({ maxClipsInFlight: 1, process: () => gate })
    for (let nth = 0; nth < 15; nth += 1) expect(await sink.accept(await house.incoming(`${nth}.mp4`))).toMatchObject({ ok: true })
    await settle()
    process.off('warning', note)
    open()
    await intake.close(1000)
    expect(warnings).toEqual([])
  })
})
