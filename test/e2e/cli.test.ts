import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ClipListBodySchema } from '../../src/contracts/api/clips.ts'
import { openHome, type Home } from './harness/home.ts'
import { waitFor } from './harness/wait-for.ts'

/** Runs a command in the household to its end. */
async function command(home: Home, args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const run = home.spawn(args)
  const { code } = await run.ended
  return { code, stdout: run.stdout, stderr: run.stderr }
}

/** Resolves when the list of the API has exactly these clips. */
function untilListed(url: string, clipIds: readonly string[]): Promise<true> {
  return waitFor(`${clipIds.length} clips in the list`, async () => {
    const answer = await fetch(`${url}/api/v1/clips?limit=100`)
    const clips = answer.ok ? ClipListBodySchema.parse(await answer.json()).clips : []
    return clips.length === clipIds.length && clips.every(({ clip_id }) => clipIds.includes(clip_id))
  })
}

describe('homesec reindex', () => {
  test('fills a database that is gone from the journals, and finds nothing to do a second time', async () => {
    const home = openHome({ database: { enabled: true } })
    const first = await home.start()
    home.drop(1)
    home.drop(2)
    const clips = (await home.allDone([1, 2])).map(({ clip_id }) => clip_id)
    await untilListed(first.url, clips)
    const refused = await command(home, ['reindex', '--config', home.configPath])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain(`process ${first.pid} `)
    first.signal('SIGTERM')
    expect(await first.ended).toMatchObject({ code: 0 })

    rmSync(join(home.data, 'db'), { recursive: true })
    const filled = await command(home, ['reindex', '--config', home.configPath])
    expect(filled.stdout).toContain('2 clips in the journals, 2 written to the database')
    expect(filled.code).toBe(0)
    const again = await command(home, ['reindex', '--config', home.configPath])
    expect(again.stdout).toContain('2 clips in the journals, 0 written to the database')
    expect(again.code).toBe(0)

    // Without journals the program can only list what the rows have.
    renameSync(join(home.data, 'spool'), join(home.root, 'spool-away'))
    mkdirSync(join(home.data, 'spool'))
    await untilListed((await home.start()).url, clips)
  })
})
