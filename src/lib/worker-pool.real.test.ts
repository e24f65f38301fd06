import { spawnSync } from 'node:child_process'
import { afterEach, expect, test, vi } from 'vitest'
import { FakeClock, settle } from '../testkit/fake-clock.ts'
import { memoryLogger } from '../testkit/memory-logger.ts'
import { WorkerPool } from './worker-pool.ts'

const never = new AbortController().signal
const pools: WorkerPool[] = []
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool[Symbol.asyncDispose]()
})

function open(maxWorkers = 1, clock = new FakeClock(), log = memoryLogger()): WorkerPool {
  const entry = new URL('../testkit/echo-worker.ts', import.meta.url)
  const pool = new WorkerPool({ entry, name: 'echo', maxWorkers, idleMs: 1000 }, { clock, log })
  pools.push(pool)
  return pool
}

const pidOf = async (pool: WorkerPool): Promise<number> => {
  const answer = await pool.run(['echo'], never)
  return answer.ok ? (answer.value as { pid: number }).pid : expect.fail('no answer')
}

/** A dead process that nobody has asked about yet (state Z) counts as gone. */
async function untilGone(pid: number): Promise<void> {
  while (/^[^Z]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim())) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Until our own process has heard that its child is dead. */
async function untilReaped(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a job is answered, and the worker is kept for the next', async () => {
  const pool = open()
  expect(await pool.run(['echo', { a: 1 }], never)).toMatchObject({ ok: true, value: { job: ['echo', { a: 1 }] } })
  expect(await pidOf(pool)).toBe(await pidOf(pool))
})

test('what a worker says before it answers is heard, and is not taken for the answer', async () => {
  const notes: unknown[] = []
  expect(await open().run(['tell'], never, (note) => notes.push(note))).toMatchObject({ ok: true, value: { job: ['tell'] } })
  expect(notes).toEqual(['first'])
})

test('a worker does not see our secrets', async () => {
  vi.stubEnv('HOMESEC_CANARY', 'canary')
  const answer = await open().run(['environment'], never)
  vi.unstubAllEnvs()
  const names = answer.ok ? answer.value : expect.fail('no answer')
  expect(names).toContain('PATH')
  expect(names).not.toContain('HOMESEC_CANARY')
})

test('failures and exceptions in a worker come back as values', async () => {
  const pool = open()
  expect(await pool.run(['fail'], never)).toEqual({ ok: false, error: { kind: 'rejected', message: 'no' } })
  expect(await pool.run(['throw'], never)).toMatchObject({ ok: false, error: { kind: 'bug' } })
})

test('a worker that dies fails its job as unavailable, says so, and is replaced', async () => {
  const log = memoryLogger()
  const pool = open(1, new FakeClock(), log)
  const before = await pidOf(pool)
  expect(await pool.run(['die'], never)).toMatchObject({ ok: false, error: { kind: 'unavailable', message: 'the echo worker died' } })
  expect(log.lines.map(({ fields }) => fields['event_type'])).toEqual(['worker_died'])
  expect(await pidOf(pool)).not.toBe(before)
})

test('a worker killed while idle is replaced without anybody noticing', async () => {
  const pool = open()
  const before = await pidOf(pool)
  process.kill(before, 'SIGKILL')
  await untilReaped(before)
  expect(await pidOf(pool)).not.toBe(before)
})

test('an abort kills the worker with all that it started', async () => {
  const pool = open()
  const spawned = await pool.run(['spawn'], never)
  const stop = new AbortController()
  const running = pool.run(['hang'], stop.signal)
  await settle()
  stop.abort()
  expect(await running).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  await untilGone(spawned.ok ? (spawned.value as number) : expect.fail('nothing spawned'))
})

test('jobs beyond the number of workers wait, and stop waiting when aborted', async () => {
  const pool = open(1)
  const stop = new AbortController()
  const first = pool.run(['hang'], stop.signal)
  const impatient = new AbortController()
  const second = pool.run(['echo'], impatient.signal)
  const third = pool.run(['echo'], never)
  impatient.abort()
  expect(await second).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  stop.abort()
  await first
  expect(await third).toMatchObject({ ok: true })
})

test('two workers work at the same time', async () => {
  const pool = open(2)
  const stop = new AbortController()
  const first = pool.run(['hang'], stop.signal)
  expect(await pool.run(['echo'], never)).toMatchObject({ ok: true })
  stop.abort()
  await first
})

test('a worker without work is ended', async () => {
  const clock = new FakeClock()
  const pool = open(1, clock)
  const pid = await pidOf(pool)
  await clock.advance(1000)
  await untilGone(pid)
  expect(await pidOf(pool)).not.toBe(pid)
})

test('closing ends the job under way and later ones', async () => {
  const pool = open()
  const running = pool.run(['hang'], never)
  await pool[Symbol.asyncDispose]()
  expect(await running).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
  expect(await pool.run(['echo'], never)).toMatchObject({ ok: false, error: { kind: 'cancelled' } })
})
