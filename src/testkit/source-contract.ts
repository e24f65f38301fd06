import { describe, expect, test, vi } from 'vitest'
import { pluginError, type PluginError } from '../contracts/errors.ts'
import { err, ok, type Result } from '../contracts/result.ts'
import type { Accepted, ClipSink, ClipSource, IncomingFile } from '../contracts/source.ts'

/** A source with its camera, folder or client in the hands of the test. Disposal stops the source and the other side. */
export interface SourceSubject extends AsyncDisposable {
  readonly source: ClipSource
  /** Makes the source have one more clip to hand over, with content that is not like the others. */
  produce(): Promise<void>
  /** Moves time on a little, for a source under a fake clock. With a real clock: a short wait. */
  pass(): Promise<void>
  /** Takes away what the source reads from, and gives it back. Null where a source cannot lose it. */
  readonly outage: { begin(): Promise<void>; end(): Promise<void> } | null
}

export interface SourceContractOptions {
  /** Real milliseconds a clip may take to arrive. */
  readonly patienceMs?: number
  /** The source has an `explain`. */
  readonly explains?: boolean
}

type Open = () => Promise<SourceSubject>
type Answer = (file: IncomingFile) => Promise<Result<Accepted, PluginError>>

/** Keeps what it is offered, answering as told. */
export function recordingSink(answer: Answer = takeAll()): ClipSink & { readonly offered: IncomingFile[] } {
  const offered: IncomingFile[] = []
  return {
    offered,
    accept(file) {
      offered.push(file)
      return answer(file)
    },
  }
}

export function takeAll(): Answer {
  let count = 0
  return async () => ok({ state: 'accepted', clip_id: `front_door_${(count += 1)}.mp4` })
}

/** Waits for something to become true, moving the subject's time. */
export async function eventually(subject: Pick<SourceSubject, 'pass'>, expectation: () => void, patienceMs = 30_000): Promise<void> {
  await vi.waitFor(
    async () => {
      await subject.pass()
      expectation()
    },
    { timeout: patienceMs, interval: 5 },
  )
}

/** Every source runs this. */
export function sourceContract(name: string, open: Open, { patienceMs = 30_000, explains = false }: SourceContractOptions = {}): void {
  const soon = (subject: SourceSubject, expectation: () => void) => eventually(subject, expectation, patienceMs)
  const live = () => new AbortController().signal

  describe(`source contract: ${name}`, () => {
    testHandOver(open, soon, live)
    testTrouble(open, soon, live)
    testEnd(open, soon, live)
    if (explains) testExplaining(open, live)
  })
}

type Soon = (subject: SourceSubject, expectation: () => void) => Promise<void>

function testHandOver(open: Open, soon: Soon, live: () => AbortSignal): void {
  test('each clip is offered once, with an absolute path and its name', async () => {
    await using subject = await open()
    const sink = recordingSink()
    await subject.source.start(sink, live())
    await subject.produce()
    await soon(subject, () => expect(sink.offered).toHaveLength(1))
    await subject.produce()
    await soon(subject, () => expect(sink.offered).toHaveLength(2))
    for (let turn = 0; turn < 20; turn += 1) await subject.pass()
    expect(sink.offered).toHaveLength(2)
    for (const { path, original_name } of sink.offered) {
      expect(path.startsWith('/')).toBe(true)
      expect(original_name).not.toMatch(/[/\\]|^$/)
    }
  })

  test('health says ok once it works, with a heartbeat, and never before it started', async () => {
    await using subject = await open()
    expect(subject.source.health()).toMatchObject({ state: 'starting', last_heartbeat: null })
    await subject.source.start(recordingSink(), live())
    await soon(subject, () => expect(subject.source.health()).toMatchObject({ state: 'ok', detail: '' }))
    expect(Date.parse(subject.source.health().last_heartbeat ?? '')).not.toBeNaN()
  })
}

function testTrouble(open: Open, soon: Soon, live: () => AbortSignal): void {
  test('a clip that cannot be taken now is offered again', async () => {
    await using subject = await open()
    let refusals = 2
    const take = takeAll()
    const sink = recordingSink(async (file) => (refusals-- > 0 ? err(pluginError('unavailable', 'the spool is full')) : take(file)))
    await subject.source.start(sink, live())
    await subject.produce()
    await soon(subject, () => expect(sink.offered).toHaveLength(3))
    expect(new Set(sink.offered.map(({ original_name }) => original_name)).size).toBe(1)
  })

  test('a sink that throws does not stop the clips after it', async () => {
    await using subject = await open()
    const take = takeAll()
    let first = true
    const sink = recordingSink(async (file) => {
      if (!first) return take(file)
      first = false
      throw new Error('a bug')
    })
    const names = () => new Set(sink.offered.map(({ original_name }) => original_name)).size
    await subject.source.start(sink, live())
    await subject.produce()
    await soon(subject, () => expect(names()).toBe(1))
    await subject.produce()
    await soon(subject, () => expect(names()).toBe(2))
    expect(subject.source.health().state).toBe('ok')
  })

  test('an outage shows in health with advice, and ends by itself', async (context) => {
    await using subject = await open()
    if (subject.outage === null) return context.skip('nothing to lose')
    const sink = recordingSink()
    await subject.source.start(sink, live())
    await soon(subject, () => expect(subject.source.health().state).toBe('ok'))
    await subject.outage.begin()
    await soon(subject, () => expect(subject.source.health().state).toBe('down'))
    expect(subject.source.health().detail).not.toBe('')
    await subject.outage.end()
    await soon(subject, () => expect(subject.source.health().state).toBe('ok'))
    await subject.produce()
    await soon(subject, () => expect(sink.offered).toHaveLength(1))
  })
}

function testEnd(open: Open, soon: Soon, live: () => AbortSignal): void {
  test('after the signal nothing new is offered, and it is no longer healthy', async () => {
    await using subject = await open()
    const stop = new AbortController()
    const sink = recordingSink()
    await subject.source.start(sink, stop.signal)
    await soon(subject, () => expect(subject.source.health().state).toBe('ok'))
    stop.abort()
    await subject.produce().catch(() => undefined) // a server may refuse it by now
    for (let turn = 0; turn < 20; turn += 1) await subject.pass()
    expect(sink.offered).toEqual([])
    expect(subject.source.health().state).toBe('down')
  })

  test('disposal waits for the hand-over under way, and may be asked for twice', async () => {
    await using subject = await open()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    let handedOver = false
    const take = takeAll()
    const sink = recordingSink(async (file) => {
      await held
      handedOver = true
      return take(file)
    })
    await subject.source.start(sink, live())
    await subject.produce()
    await soon(subject, () => expect(sink.offered).toHaveLength(1))
    const disposed = subject.source[Symbol.asyncDispose]()
    release()
    await disposed
    expect(handedOver).toBe(true)
    await subject.source[Symbol.asyncDispose]()
  })

  test('it can be disposed without ever having started', async () => {
    await using subject = await open()
    await subject.source[Symbol.asyncDispose]()
  })
}

function testExplaining(open: Open, live: () => AbortSignal): void {
  test('it explains its camera without being started, in whole sentences', async () => {
    await using subject = await open()
    const explained = await subject.source.explain?.(live())
    if (explained?.ok !== true) return expect.fail(explained?.error.message ?? 'it has no explain')
    const { facts, advice } = explained.value
    expect(facts.length).toBeGreaterThan(0)
    for (const sentence of [...facts, ...advice]) expect(sentence).toMatch(/^[^\n]+\.$/)
    expect(subject.source.health().state).toBe('starting')
  })
}
