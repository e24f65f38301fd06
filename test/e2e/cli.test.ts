import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ClipListBodySchema } from '../../src/contracts/api/clips.ts'
import { FilterResultSchema } from '../../src/contracts/detection.ts'
import { makeVideo, testData } from '../../src/testkit/videos.ts'
import { CAMERA, nameOf, openHome, type Home } from './harness/home.ts'
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

const MODEL = testData('models/yolox_nano.onnx')
const HALLWAY = testData('videos/one-by-one-person.mp4')
const NO_DATA = MODEL === null || HALLWAY === null ? ' (skipped: HOMESEC_TEST_DATA has no model and video)' : ''

/** No key may be missing, none may be added: scripts read this. */
const VerdictSchema = z.strictObject({
  video: z.string(),
  filter_result: z.strictObject(FilterResultSchema.shape).nullable(),
  analysis_result: z.null(),
  alert_decision: z.strictObject({ notify: z.boolean(), notify_reason: z.string() }).nullable(),
  error: z.strictObject({ kind: z.string(), message: z.string() }).nullable(),
})

/** Every line of standard output, which must be one object each. */
function verdicts(stdout: string): z.infer<typeof VerdictSchema>[] {
  expect(stdout.endsWith('\n')).toBe(true)
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => VerdictSchema.parse(JSON.parse(line)))
}

describe(`homesec analyze${NO_DATA}`, () => {
  test.skipIf(NO_DATA !== '')('--json prints one object for a video, and nothing else on standard output', async () => {
    const home = openHome()
    const args = ['analyze', '--json', '--sample-fps', '1', '--model', String(MODEL), String(HALLWAY)]
    const run = home.spawn(args)
    expect(await run.ended).toEqual({ code: 0, signal: null })
    const [verdict, ...more] = verdicts(run.stdout)
    expect(more).toEqual([])
    expect(verdict).toMatchObject({ video: HALLWAY, filter_result: { detected_classes: ['person'] }, error: null })
    const { first_hit_s, detections } = FilterResultSchema.parse(verdict?.filter_result)
    expect(Math.abs((first_hit_s ?? NaN) - 6)).toBeLessThanOrEqual(1)
    for (const { box } of detections) for (const part of box) expect(part).toBeGreaterThanOrEqual(0)
    expect(existsSync(join(tmpdir(), `homesec-check-${run.pid}`))).toBe(false)
  })

  test.skipIf(NO_DATA !== '')('without --json says what it found', async () => {
    const told = await command(openHome(), ['analyze', '--model', String(MODEL), String(HALLWAY)])
    expect(told).toMatchObject({ code: 0, stderr: '' })
    expect(told.stdout).toMatch(/found +person .*yolox_nano/)
    expect(told.stdout).toMatch(/decided +/)
  })
})

describe('homesec analyze with a configuration', () => {
  const POLICY = {
    backend: 'default',
    config: { notify_on_classes: ['person'], overrides: { front_door: { notify_on_classes: ['dog'] } } },
  }

  test('prints a line for each video; one that cannot be read is an error and code 1', async () => {
    const home = openHome()
    const [good, bad] = [makeVideo(join(home.root, 'good.mp4')), join(home.root, 'bad.mp4')]
    writeFileSync(bad, 'no video')
    // The mock reads no video, so the real detector of the package looks: it needs no download.
    home.reconfigure({ filter: { backend: 'hog' } })
    const both = await command(home, ['analyze', '--json', '--config', home.configPath, good, bad])
    expect(both.code).toBe(1)
    expect(verdicts(both.stdout)).toMatchObject([
      { video: good, filter_result: { detected_classes: [] }, error: null },
      { video: bad, filter_result: null, alert_decision: null, error: { kind: 'invalid' } },
    ])
  })

  test('judges by the rules of a camera only if it is named', async () => {
    const home = openHome({ alert_policy: POLICY })
    const video = makeVideo(join(home.root, 'visit.mp4'))
    const args = ['analyze', '--json', '--config', home.configPath, video]
    const [neutral, named, unknown] = [
      await command(home, args),
      await command(home, [...args, '--camera', 'front_door']),
      await command(home, [...args, '--camera', 'back_door']),
    ]
    expect(verdicts(neutral.stdout)).toMatchObject([{ alert_decision: { notify: true } }])
    expect(verdicts(named.stdout)).toMatchObject([{ alert_decision: { notify: false } }])
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(unknown.stderr).toMatch(/no camera "back_door"; known: front_door/)
    expect(home.stored()).toEqual([])
  })
})

describe('the command line', () => {
  test('explains a wrong use with code 2, and itself with code 0', async () => {
    const home = openHome()
    for (const wrong of [['analyze'], ['analyse'], ['validate'], ['run', '--confg', 'x.yaml']]) {
      expect(await command(home, wrong), wrong.join(' ')).toMatchObject({ code: 2, stdout: '' })
    }
    const help = await command(home, ['--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    expect(help.stdout).toMatch(/analyze.*\n(.*\n)*.*doctor|doctor.*\n(.*\n)*.*analyze/)
  })

  test('models are listed, and an unknown one is refused with the names of the known', async () => {
    const home = openHome()
    const listed = await command(home, ['models', 'list'])
    expect(listed).toMatchObject({ code: 0, stderr: '' })
    expect(listed.stdout).toContain('yolox_nano')
    const unknown = await command(home, ['models', 'pull', 'yolox_giant'])
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(unknown.stderr).toMatch(/yolox_giant.*yolox_nano/)
  })

  test('validate says what a configuration sets up', async () => {
    const home = openHome()
    const valid = await command(home, ['validate', '--config', home.configPath])
    expect(valid).toMatchObject({ code: 0, stderr: expect.not.stringContaining('problem') as string })
    expect(valid.stdout).toMatch(/is valid\n.*front_door \(folder\)/)
  })
})

test('plugins that cannot be loaded hide no other mistake', async () => {
  const home = openHome({ plugins: ['homesec-nowhere', './nowhere.mjs'], camera_list: [] })
  const told = await command(home, ['validate', '--config', home.configPath])
  expect(told).toMatchObject({ code: 1, stdout: '' })
  const [first, ...problems] = told.stderr.trimEnd().split('\n')
  expect(first).toMatch(/3 problems$/)
  expect(problems).toHaveLength(3)
  expect(problems.join('\n')).toMatch(/plugins\[0\] .*npm install homesec-nowhere\)\?\n.*plugins\[1\] .*relative.*\n.*camera_list/)
  expect(told.stderr).not.toMatch(/Require stack|load-plugins/)
})

describe('homesec doctor', () => {
  test('tries every part, leaves the files of a camera alone, and cleans up behind itself', async () => {
    const home = openHome()
    const taking = { path: home.inbox, stability_s: 0.1, poll_s: 0.1, after_ingest: 'delete' }
    home.reconfigure({ cameras: [{ name: CAMERA, source: { backend: 'folder', config: taking } }] })
    home.drop(1)
    const longAgo = new Date('2020-01-01')
    utimesSync(join(home.inbox, nameOf(1)), longAgo, longAgo)
    const run = home.spawn(['doctor', '--config', home.configPath])
    expect(await run.ended).toEqual({ code: 0, signal: null })
    for (const part of ['ffmpeg', 'data folder', `camera ${CAMERA}`, 'storage local', 'filter mock'])
      expect(run.stdout).toContain(`ok    ${part}: `)
    expect(run.stdout).toContain('Everything works.')
    expect(readdirSync(home.inbox)).toEqual([nameOf(1)])
    expect(home.journals()).toEqual([])
    expect(existsSync(join(home.data, 'state'))).toBe(false)
    expect(existsSync(join(tmpdir(), `homesec-check-${run.pid}`))).toBe(false)
  })

  test('names the camera whose folder is missing and what to do, and ends with code 1', async () => {
    const home = openHome()
    rmSync(home.inbox, { recursive: true })
    const told = await command(home, ['doctor', '--config', home.configPath])
    expect(told.code).toBe(1)
    expect(told.stdout).toMatch(/FAIL {2}camera front_door: .*inbox is missing; create it/)
    expect(told.stdout).toContain('ok    storage local: ')
    expect(told.stdout).toContain('1 part does not work.')
  })
})

test('homesec demo --once without ffmpeg ends with code 1, the reason and how to install it', async () => {
  const home = openHome()
  // Our own process is started by its full path, so an empty search path takes only ffmpeg away.
  Object.assign(home.env, { PATH: home.inbox, TMPDIR: home.root })
  const told = await command(home, ['demo', '--once'])
  expect(told.code).toBe(1)
  expect(told.stderr).toMatch(/homesec demo: ffmpeg is not installed.*apt install ffmpeg/)
})
