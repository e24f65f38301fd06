import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FtpControl } from '../../src/testkit/ftp-control.ts'
import { freePort } from '../../src/testkit/free-port.ts'
import { clip } from './harness/clips.ts'
import { CAMERA, nameOf, openHome, type Home } from './harness/home.ts'
import { waitFor } from './harness/wait-for.ts'

const PASSWORD = 'canary-ftp-password'

async function openFtpHome(): Promise<{ readonly home: Home; readonly port: number }> {
  const port = await freePort()
  const home = openHome({
    cameras: [{ name: CAMERA, source: { backend: 'ftp', config: { password_env: 'CAMERA_PASSWORD' } } }],
    sources: { ftp: { host: '127.0.0.1', port, min_free_bytes: 0 } },
  })
  home.env['CAMERA_PASSWORD'] = PASSWORD
  return { home, port }
}

async function started(home: Home) {
  const run = await home.start()
  await run.logged('ftp_listening')
  return run
}

test('what a camera uploads is stored, and doctor beside the running program finds its server', async () => {
  const { home, port } = await openFtpHome()
  const run = await started(home)
  using camera = await FtpControl.loggedIn(port, CAMERA, PASSWORD)
  expect(await camera.upload(`2026/01/${nameOf(1)}`, clip(1))).toMatch(/^226/)
  const journal = await home.done(1)
  expect(journal).toMatchObject({ source_backend: 'ftp', original_name: nameOf(1) })
  const doctor = home.spawn(['doctor', '--config', home.configPath])
  await doctor.ended
  expect(doctor.stdout).toContain(`ok    camera ${CAMERA}: answers`)
  expect(await camera.upload(nameOf(2), clip(2))).toMatch(/^226/)
  await home.done(2)
  expect(home.copiesOf([1, 2])).toEqual([1, 1])
  expect(run.stderr + run.stdout + doctor.stdout + doctor.stderr).not.toContain(PASSWORD)
})

test('killed again and again while cameras upload, it has every file it said 226 to, once, and no half one', async () => {
  const { home, port } = await openFtpHome()
  const acknowledged = new Set<number>()
  let next = 0
  for (let kill = 0; kill < 4; kill += 1) {
    const run = await started(home)
    const cameras = Array.from({ length: 4 }, async () => {
      try {
        using camera = await FtpControl.loggedIn(port, CAMERA, PASSWORD)
        while (!camera.isClosed) {
          const n = (next += 1)
          if ((await camera.upload(nameOf(n), clip(n))).startsWith('226')) acknowledged.add(n)
        }
      } catch {
        // It was killed.
      }
    })
    const before = acknowledged.size
    await waitFor('some uploads', () => acknowledged.size >= before + 5 + 3 * kill)
    await run.kill()
    await Promise.all(cameras)
  }
  await started(home)
  const numbers = [...acknowledged]
  await home.allDone(numbers, 220_000)
  expect(home.copiesOf(numbers)).toEqual(numbers.map(() => 1))
  expect(home.quarantined()).toEqual([])
  const ready = join(home.data, 'state', 'source', CAMERA, CAMERA, 'ready')
  await waitFor('nothing left to hand over', () => existsSync(ready) && readdirSync(ready).length === 0)
})
