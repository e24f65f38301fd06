import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { ConfigFileSchema } from '../../src/config/schema.ts'
import {
  LOOPBACK_IS_A_NETWORK,
  ONVIF_USER,
  startOnvifDevice,
  type DeviceProfile,
  type OnvifDevice,
  type OnvifDeviceOptions,
} from '../../src/testkit/onvif-device.ts'
import { openHome, type Home } from './harness/home.ts'
import { ROOT } from './harness/homesec-process.ts'
import { waitFor } from './harness/wait-for.ts'

const MAIN = `${process.execPath} ${join(ROOT, 'dist', 'main.js')}`
const PASSWORD = 'canary/camera+password@3141'
const USER = { username: 'viewer', password: PASSWORD }
const FORMS = [PASSWORD, encodeURIComponent(PASSWORD), Buffer.from(PASSWORD).toString('base64').replace(/=+$/, '')]
const FLAGS = ['discover', '--timeout-s', '5', '--username-env', 'CAMERA_USER', '--password-env', 'CAMERA_PASSWORD']

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const device of open.splice(0)) await device[Symbol.asyncDispose]()
})

function profilesAt(address: string): DeviceProfile[] {
  return [
    { token: 'sub', name: 'Sub', width: 640, height: 360, uri: `rtsp://${address}:554/sub` },
    // As careless devices do: the password in the address of the stream, and in its path.
    {
      token: 'main',
      name: 'Main',
      width: 1920,
      height: 1080,
      uri: `rtsp://viewer:${PASSWORD}@${address}:554/${encodeURIComponent(PASSWORD)}/main`,
    },
  ]
}

async function device(options: OnvifDeviceOptions): Promise<OnvifDevice> {
  const started = await startOnvifDevice({ user: USER, profiles: profilesAt(options.address), ...options })
  open.push(started)
  return started
}

function homeWithPassword(password = PASSWORD): Home {
  const home = openHome()
  Object.assign(home.env, { CAMERA_USER: USER.username, CAMERA_PASSWORD: password })
  return home
}

async function discover(home: Home, args: readonly string[]) {
  const run = home.spawn(args)
  const { code } = await run.ended
  for (const form of FORMS) expect(run.stdout + run.stderr).not.toContain(form)
  return { code, stdout: run.stdout, stderr: run.stderr }
}

const JsonLineSchema = z.object({
  address: z.string(),
  name: z.string().nullable(),
  profiles: z.array(z.object({ codec: z.string(), stream_uri: z.string().nullable() })).nullable(),
  cameras: z.array(z.strictObject({ name: z.string(), stream_uri: z.string(), detect_stream_uri: z.string().nullable() })),
  error: z.strictObject({ kind: z.string(), message: z.string() }).nullable(),
})
const objects = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JsonLineSchema.parse(JSON.parse(line)))

describe.runIf(LOOPBACK_IS_A_NETWORK)('homesec discover', () => {
  test('finds the cameras of a network by multicast and shows their streams', async () => {
    await device({ address: '127.0.81.2', name: 'Front Door' })
    await device({ address: '127.0.81.3', name: 'Garage' })
    const { code, stdout, stderr } = await discover(homeWithPassword(), [...FLAGS, '--interface', 'lo'])
    expect(stdout).toMatch(/^127\.0\.81\.2:\d+ {2}"Front Door" {2}Acme TEST-1 {2}firmware 5\.50$/m)
    expect(stdout).toMatch(
      /^ {2}front_door main +H\.264 {2}1920×1080 {2}15 fps {2}keyframe every 30 frames \(2 s\) {2}rtsp:\/\/127\.0\.81\.2:554\/PASSWORD\/main$/m,
    )
    expect(stdout).toMatch(/^ {2}garage detect +H\.264 {2}640×360 .*rtsp:\/\/127\.0\.81\.3:554\/sub$/m)
    expect(code, stderr).toBe(0)
  })

  test('--json prints one object for a device, also for one that rejects the password, hangs or talks nonsense, and goes on', async () => {
    const other = await device({ address: '127.0.81.3', user: ONVIF_USER, discoverable: false })
    const devices = [
      await device({ address: '127.0.81.2', discoverable: false }),
      other,
      await device({ address: '127.0.81.4', behaviour: 'hang', discoverable: false }),
      await device({ address: '127.0.81.5', behaviour: 'garbage', discoverable: false }),
    ]
    const addresses = devices.flatMap(({ address, port }) => ['--address', `${address}:${port}`])
    const { code, stdout } = await discover(homeWithPassword(), [...FLAGS, '--json', ...addresses])
    expect(objects(stdout)).toMatchObject([
      { address: '127.0.81.2', cameras: [{ name: 'test_1', detect_stream_uri: 'rtsp://127.0.81.2:554/sub' }], error: null },
      { address: '127.0.81.3', profiles: null, cameras: [], error: { kind: 'rejected' } },
      { address: '127.0.81.4', error: { kind: 'timeout' } },
      { address: '127.0.81.5', error: { kind: 'invalid' } },
    ])
    expect(code).toBe(1)
    expect(other.requests.filter(({ credentials }) => credentials === 'wrong')).toHaveLength(1)
  })

  test('--yaml prints a configuration that is right as it is, once .env has the streams', async () => {
    const home = homeWithPassword()
    await device({ address: '127.0.81.2', name: 'Front Door' })
    const { code, stdout } = await discover(home, [...FLAGS, '--yaml', '--address', '127.0.81.2'])
    expect(code).toBe(0)
    const { cameras } = ConfigFileSchema.parse(parse(stdout))
    const config = { rtsp_url_env: 'FRONT_DOOR_RTSP_URL', detect_url_env: 'FRONT_DOOR_DETECT_URL' }
    expect(cameras).toMatchObject([{ name: 'front_door', source: { backend: 'rtsp', config } }])
    expect(stdout).toContain('FRONT_DOOR_DETECT_URL=rtsp://USER:PASSWORD@127.0.81.2:554/sub\n')
  })

  test('without a password lists what is there and says how to give one', async () => {
    const camera = await device({ address: '127.0.81.2', name: 'Front Door' })
    const listed = await discover(openHome(), ['discover', '--timeout-s', '5', '--address', '127.0.81.2'])
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^127\.0\.81\.2:\d+ {2}"Front Door" {2}TEST-1\n$/) as string })
    expect(listed.stderr).toContain('--password-env')
    expect(camera.requests.every(({ credentials }) => credentials === 'none')).toBe(true)
    const yaml = await discover(openHome(), ['discover', '--timeout-s', '5', '--yaml', '--address', '127.0.81.2'])
    expect(yaml).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--password-env') as string })
  })

  test('who is not there, and an interface that is not, are named', async () => {
    const nowhere = await discover(homeWithPassword(), [...FLAGS, '--interface', 'nowhere0'])
    expect(nowhere).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('no interface nowhere0') as string })
    const refused = await discover(homeWithPassword(), [...FLAGS, '--address', '127.0.81.99:9'])
    expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('ECONNREFUSED') as string })
  })

  test('names the flag of a variable that is not set, never what stood there', async () => {
    const wrong = ['discover', '--username-env', 'CAMERA_USER', '--password-env', PASSWORD]
    const told = await discover(homeWithPassword(), wrong)
    expect(told).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('--password-env names no variable') as string })
  })

  test.each([
    [['--password-env', 'CAMERA_PASSWORD']],
    [['--json', '--yaml']],
    [['--address', 'camera']],
    [['--timeout-s', '0']],
    [['--timeout-s', '3600']],
    [['--password', 'x']],
    [['--address', '127.0.0.1', '--interface', 'lo']],
  ])('%j is a wrong use', async (args) => {
    expect(await discover(openHome(), ['discover', ...args])).toMatchObject({ code: 2, stdout: '' })
  })
})

/** A network of its own, in which nobody is. */
const ALONE = ['unshare', '-rn', 'sh', '-c'] as const
const NO_NAMESPACE = spawnSync(ALONE[0], [...ALONE.slice(1), 'ip link set lo up'], { stdio: 'ignore' }).status !== 0

describe(`homesec discover in an empty network${NO_NAMESPACE ? ' (skipped: needs unshare and ip)' : ''}`, () => {
  const alone = (more: string) => {
    const command = `ip link set lo up && exec ${MAIN} discover --timeout-s 1 ${more}`
    return spawnSync(ALONE[0], [...ALONE.slice(1), command], { encoding: 'utf8' })
  }

  test.skipIf(NO_NAMESPACE)('says why nothing may have answered and what to do', () => {
    const { status, stdout, stderr } = alone('--interface lo')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    for (const reason of [/ONVIF is switched off/, /VLAN/, /container/, /firewall/, /--address 192\.168/]) expect(stderr).toMatch(reason)
  })

  test.skipIf(NO_NAMESPACE)('says that there is no network', () => {
    expect(alone('')).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('no network with IPv4') as string })
  })
})

const SCRIPT = ['/usr/bin/script', '/bin/script'].find(existsSync)
const NO_TERMINAL = LOOPBACK_IS_A_NETWORK && SCRIPT !== undefined ? '' : ' (skipped: needs util-linux script)'

/** What is typed at the prompts of a terminal, and all that is shown there. */
async function typed(home: Home, command: string, answers: readonly (readonly [prompt: string, answer: string])[]) {
  const child = spawn(String(SCRIPT), ['-qefc', command, '/dev/null'], { cwd: home.root, env: { ...home.env, PATH: process.env['PATH'] } })
  home.defer(() => void child.kill('SIGKILL'))
  let screen = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  for (const [prompt, answer] of answers) {
    await waitFor(
      () => `the prompt ${prompt}; the screen shows ${screen}`,
      () => screen.includes(prompt),
    )
    child.stdin.write(answer)
  }
  return { code: await ended, screen }
}

describe(`the prompt of homesec discover${NO_TERMINAL}`, () => {
  const commandFor = ({ address, port }: OnvifDevice, more = '') => `${MAIN} discover --timeout-s 5 --address ${address}:${port} ${more}`

  test.skipIf(NO_TERMINAL !== '')('asks for the password without showing it, and standard output holds results only', async () => {
    const home = openHome()
    const camera = await device({ address: '127.0.81.2', discoverable: false })
    const result = join(home.root, 'result.jsonl')
    const { code, screen } = await typed(home, commandFor(camera, `--json > ${result}`), [
      ['User name', 'viewer\r'],
      ['Password', `${PASSWORD}\r`],
    ])
    expect(code, screen).toBe(0)
    expect(screen).toContain('viewer')
    for (const form of FORMS) expect(screen).not.toContain(form)
    expect(screen).not.toMatch(/canary|\*{3}/)
    expect(objects(readFileSync(result, 'utf8'))).toMatchObject([{ address: '127.0.81.2', error: null }])
  })

  test.skipIf(NO_TERMINAL !== '')('an empty user name lists the cameras without their streams', async () => {
    const camera = await device({ address: '127.0.81.2', discoverable: false })
    const { code, screen } = await typed(openHome(), commandFor(camera), [['User name', '\r']])
    expect(code).toBe(0)
    expect(screen).toContain(`127.0.81.2:${camera.port}`)
    expect(screen).not.toContain('Password')
  })

  test.skipIf(NO_TERMINAL !== '')('Ctrl-C at the prompt ends it', async () => {
    const camera = await device({ address: '127.0.81.2', discoverable: false })
    const { code } = await typed(openHome(), commandFor(camera), [
      ['User name', 'viewer\r'],
      ['Password', '\u0003'],
    ])
    expect(code).toBe(1)
    expect(camera.requests).toEqual([])
  })
})
