import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ClipStateData } from '../../contracts/clip-state.ts'
import { ok } from '../../contracts/result.ts'
import { aClipState } from '../../testkit/clip-states.ts'
import { FakeClock } from '../../testkit/fake-clock.ts'
import { memoryLogger } from '../../testkit/memory-logger.ts'
import { ClipIndex } from '../clips/clip-index.ts'
import { ClipRepository } from '../clips/clip-repository.ts'
import { RetentionPruner } from './retention-pruner.ts'

const CLIP_BYTES = 100
const CLIPS = 30

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'homesec-prune-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const idOf = (n: number) => `door_${1_700_000_000 + n}.mp4`

function doneClip(n: number): ClipStateData {
  const base = aClipState({ clip_id: idOf(n) })
  const created_at = new Date(1_700_000_000_000 + n * 1000).toISOString()
  const upload = { ...base.stages.upload, status: 'ok' } as const
  const stored = { storage_uri: `local:${idOf(n)}`, finished_at: created_at, stages: { ...base.stages, upload } }
  return { ...base, ...stored, created_at, status: 'done', size_bytes: CLIP_BYTES, camera_name: 'door' }
}

async function spoolOf(maxClips: number): Promise<RetentionPruner> {
  const journals = new Map(Array.from({ length: CLIPS }, (_, n) => [idOf(n), doneClip(n)]))
  const journal = {
    read: async (clipId: string) => {
      const state = journals.get(clipId)
      return ok(state === undefined ? null : { ...state, events: [] })
    },
    write: async () => ok(),
  }
  const log = memoryLogger()
  const repository = new ClipRepository({ clock: new FakeClock(), log, journal, onJournalError: () => undefined })
  const index = new ClipIndex()
  repository.subscribe((_event, state) => index.update(state))
  for (const state of journals.values()) index.update(state)
  return new RetentionPruner({
    index,
    repository,
    limits: { maxLocalBytes: maxClips * CLIP_BYTES, minFreeBytes: 0, onFloor: 'uploaded' },
    freeBytes: async () => 1e9,
    pathOf: (_camera, clipId) => join(folder, clipId),
    alerts: { raise: () => undefined },
    log,
  })
}

test.each([29, 20, 11, 0])('down to %i clips, exactly the oldest go and not one more', async (kept) => {
  for (let n = 0; n < CLIPS; n += 1) await writeFile(join(folder, idOf(n)), 'x')
  const pruner = await spoolOf(kept)
  expect(await pruner.prune('timer')).toMatchObject({ deleted: CLIPS - kept, freedBytes: (CLIPS - kept) * CLIP_BYTES, blocked: false })
  expect((await readdir(folder)).sort()).toEqual(Array.from({ length: kept }, (_, n) => idOf(CLIPS - kept + n)))
})

test('for clips that cannot be deleted the next oldest go', async () => {
  for (let n = 0; n < CLIPS; n += 1) {
    // A folder in the place of a file cannot be removed as one.
    if (n < 3) await mkdir(join(folder, idOf(n)))
    else await writeFile(join(folder, idOf(n)), 'x')
  }
  const pruner = await spoolOf(20)
  expect(await pruner.prune('timer')).toMatchObject({ deleted: 10, failed: 3 })
  expect((await readdir(folder)).sort()).toEqual([0, 1, 2, ...Array.from({ length: 17 }, (_, n) => 13 + n)].map(idOf))
})
