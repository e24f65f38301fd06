import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ok } from '../contracts/result.ts'
import type { IncomingFile } from '../contracts/source.ts'
import { ClipIndex } from '../core/clips/clip-index.ts'
import { ClipIntake, type IntakeDeps } from '../core/intake/clip-intake.ts'
import { ClipRepository } from '../core/clips/clip-repository.ts'
import { Spool } from '../core/intake/spool.ts'
import type { SystemNews } from '../core/alerts/system-alerts.ts'
import { FakeClock } from './fake-clock.ts'
import { MemoryJournal } from './memory-journal.ts'
import { memoryLogger } from './memory-logger.ts'

const ORIGIN = { camera_name: 'front_door', source_backend: 'folder' }

/** A folder with files to take in, and the spool they go to. */
export class IntakeFixture implements AsyncDisposable {
  readonly root: string

  private constructor(root: string) {
    this.root = root
  }

  static async open(): Promise<IntakeFixture> {
    const root = await mkdtemp(join(tmpdir(), 'homesec-intake-'))
    await mkdir(join(root, 'in'))
    return new IntakeFixture(root)
  }

  setUp(changes: Partial<IntakeDeps> = {}) {
    const journal = new MemoryJournal()
    const log = memoryLogger()
    const repository = new ClipRepository({ clock: new FakeClock(), log, journal, onJournalError: () => undefined })
    const index = new ClipIndex()
    repository.subscribe((_event, state) => index.update(state))
    const news: SystemNews[] = []
    const processed: string[] = []
    const spool = new Spool(join(this.root, 'spool'), join(this.root, 'quarantine'))
    const deps: IntakeDeps = {
      repository,
      index,
      ingest: {
        spool,
        probe: async () => ok({ duration_s: 10, creation_time: null, is_mp4: true }),
        remux: async () => ok(),
        now: () => new Date('2026-01-01T00:00:00Z'),
      },
      process: async (clip) => void processed.push(clip.clip_id),
      maxClipsInFlight: 2,
      knownClips: Promise.resolve(),
      alerts: { raise: (raised) => void news.push(raised) },
      configHash: 'abc',
      log,
      ...changes,
    }
    const intake = new ClipIntake(deps)
    return { intake, sink: intake.sinkFor(ORIGIN), deps, index, journal, news, processed, log, repository }
  }

  async incoming(name: string, content = name, changes: Partial<IncomingFile> = {}): Promise<IncomingFile> {
    const path = join(this.root, 'in', name)
    await writeFile(path, content)
    return { path, original_name: name, start_ts: '2026-01-01T00:00:00Z', end_ts: null, take: 'link', ...changes }
  }

  async inSpool(): Promise<string[]> {
    return (await readdir(join(this.root, 'spool', 'front_door'))).sort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true })
  }
}
