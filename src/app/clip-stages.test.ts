import { expect, test } from 'vitest'
import { toAppConfig } from '../config/normalise.ts'
import { ConfigFileSchema } from '../config/schema.ts'
import { ok } from '../contracts/result.ts'
import type { FilterResult } from '../contracts/detection.ts'
import type { FilterOverrides } from '../contracts/filter.ts'
import type { StorageBackend } from '../contracts/storage.ts'
import { storageKeys } from '../core/stages/storage-keys.ts'
import { aFilterResult } from '../testkit/builders.ts'
import { aClipState } from '../testkit/clip-states.ts'
import { FakeStorage } from '../testkit/fake-storage.ts'
import { clipStages } from './clip-stages.ts'

const CONFIG = toAppConfig(ConfigFileSchema.parse({ version: 1, cameras: [{ name: 'yard', source: { backend: 'folder' } }] }), '/')

test.each([
  ['where the motion of a clip begins', [0, 0, 4, 8], 2],
  ['nowhere in particular when nothing is known of it', null, null],
])('the detector is told to look first %s', async (_where, motion_scores, look_first_s) => {
  const asked: FilterOverrides[] = []
  const detect = async (_path: string, overrides: FilterOverrides) => {
    asked.push(overrides)
    return ok(aFilterResult())
  }
  const plugins = {
    storage: new FakeStorage(),
    filter: { detect },
    analyzer: null,
    keys: storageKeys('clips', null),
    repository: { get: () => null, record: () => undefined },
    onUsage: () => undefined,
    mayPay: () => true,
  }
  const stage = clipStages(CONFIG, plugins).filter(aClipState({ motion_scores }), '/spool/a.mp4', () => undefined)
  expect(await stage.attempt(new AbortController().signal, () => undefined)).toMatchObject({ ok: true })
  expect(asked).toMatchObject([{ look_first_s }])
})

test('an upload goes on with each byte that the storage has taken, and with nothing else', async () => {
  let signs = 0
  const storage: Pick<StorageBackend, 'put'> = {
    put: async (_path, _key, _signal, progress) => {
      for (const bytes of [1, 30_000, 0, -1, NaN]) progress?.onBytes(bytes)
      return ok({ storage_uri: 'memory:a', view_url: null })
    },
  }
  const plugins = {
    storage,
    filter: { detect: async () => ok(aFilterResult()) },
    analyzer: null,
    keys: storageKeys('clips', null),
    repository: { get: () => null, record: () => undefined },
    onUsage: () => undefined,
    mayPay: () => true,
  }
  const stage = clipStages(CONFIG, plugins).upload(aClipState())
  expect(await stage.attempt(new AbortController().signal, () => void (signs += 1))).toMatchObject({ ok: true })
  expect(signs).toBe(2)
})

test('a hit is passed on when it is one', async () => {
  const hits: unknown[] = []
  const told: unknown[] = [{ detections: 'many' }, aFilterResult()]
  const plugins = {
    storage: new FakeStorage(),
    filter: {
      detect: async (_path: string, { onHit }: FilterOverrides) => {
        for (const hit of told) onHit?.(hit as FilterResult) // a stranger's filter may tell anything
        return ok(aFilterResult())
      },
    },
    analyzer: null,
    keys: storageKeys('clips', null),
    onUsage: () => undefined,
    mayPay: () => true,
    repository: { get: () => null, record: () => undefined },
  }
  const stage = clipStages(CONFIG, plugins).filter(aClipState(), '/spool/a.mp4', (hit) => hits.push(hit))
  expect(await stage.attempt(new AbortController().signal, () => undefined)).toMatchObject({ ok: true })
  expect(hits).toEqual([aFilterResult()])
})
