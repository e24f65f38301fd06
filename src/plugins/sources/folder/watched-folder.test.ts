import { mkdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { configNames, testHost } from '../../../testkit/plugin-host.ts'
import { eventually, recordingSink } from '../../../testkit/source-contract.ts'
import { WatchedFolder } from '../../../testkit/watched-folder.ts'
import { folderSource } from './plugin.ts'

const live = () => new AbortController().signal

describe('the folder', () => {
  test('may be missing at start', async () => {
    await using fixture = await WatchedFolder.make()
    await rm(fixture.folder, { recursive: true })
    const source = await fixture.source()
    const sink = recordingSink()
    await source.start(sink, live())
    await eventually(fixture, () => expect(source.health()).toMatchObject({ state: 'down', last_heartbeat: null }))
    expect(source.health().detail).toContain('is missing')
    await mkdir(fixture.folder)
    await fixture.put('x.mp4')
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
    expect(source.health().state).toBe('ok')
  })

  test('may be replaced by another of the same name between two looks', async () => {
    await using fixture = await WatchedFolder.make()
    const sink = recordingSink()
    const source = await fixture.started(sink)
    await rm(fixture.folder, { recursive: true })
    await mkdir(fixture.folder)
    await fixture.looked(source)
    await fixture.put('x.mp4')
    await eventually(fixture, () => expect(sink.offered).toHaveLength(1))
  })

  test('must not overlap with the data folder, whichever is inside, links or not', async () => {
    await using fixture = await WatchedFolder.make()
    const link = `${fixture.folder}-link`
    await symlink(fixture.folder, link)
    const dirs = (data: string) => ({ dirs: { data, state: join(data, 'state') } })
    for (const data of [fixture.folder, fixture.path('data/deep'), join(link, 'data'), tmpdir()]) {
      const loaded = await folderSource.load({ path: fixture.folder }, testHost(dirs(data)))
      expect(loaded).toMatchObject({ ok: false, error: [{ message: expect.stringContaining('overlap') as string }] })
    }
    expect((await folderSource.load({ path: fixture.folder }, testHost(dirs(`${fixture.folder}-data`)))).ok).toBe(true)
    await rm(link)
  })

  test('must be named by an absolute path', () => {
    const problems = folderSource.problems({ path: 'videos' }, configNames())
    expect(problems).toMatchObject([{ path: ['path'], message: 'use an absolute path' }])
  })
})
