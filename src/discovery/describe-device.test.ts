import { expect, test } from 'vitest'
import { pluginError } from '../contracts/errors.ts'
import { err, ok } from '../contracts/result.ts'
import { createRedactor } from '../lib/redact.ts'
import { spellings } from '../lib/secret-forms.ts'
import { CameraNames } from './camera-names.ts'
import { describeDevice } from './describe-device.ts'
import type { DeviceAnswer, ToldProfile } from './device-job.ts'

const PASSWORD = 'canary-5up3r'
const HOSTILE = `\u001b[2J\r\n- name: x\u202e ${PASSWORD}`

const means = (asked = true) => ({ names: new CameraNames(), redact: createRedactor([PASSWORD]), spellings: spellings([PASSWORD]), asked })
const device = {
  address: '192.168.1.20',
  port: 80,
  secure: false,
  path: '/',
  endpoint: null,
  name: 'Door',
  hardware: 'HW',
  claimed_host: null,
}
const profile: ToldProfile = {
  ...{ name: 'P', video_source: 'v', codec: 'h264', width: 640, height: 360, fps: 10, bitrate_kbps: null, keyframe_interval: 20 },
  stream_uri: 'rtsp://192.168.1.20/p',
}
const answer: DeviceAnswer = { manufacturer: 'Acme', model: 'M', firmware: '1', serial_number: null, profiles: [profile] }

test('every text of a hostile device is one line without escape sequences and without the password', () => {
  const hostile: ToldProfile = {
    ...profile,
    name: HOSTILE,
    video_source: HOSTILE,
    codec: HOSTILE,
    stream_uri: `rtsp://192.168.1.20/${HOSTILE}`,
  }
  const texts = { manufacturer: HOSTILE, model: HOSTILE, firmware: HOSTILE, serial_number: HOSTILE }
  const told = ok({ ...texts, profiles: [hostile, { ...hostile, codec: 'H264' }] })
  const found = describeDevice({ ...device, endpoint: HOSTILE, name: HOSTILE, hardware: HOSTILE, claimed_host: HOSTILE }, told, means())
  const text = JSON.stringify(found)
  expect(text).not.toContain(PASSWORD)
  expect(text).not.toMatch(/\\u001b|\\n|\\r|\u202e/)
  expect(found.cameras).toHaveLength(1)
})

test('a device that failed is listed with its error and what it announced', () => {
  const found = describeDevice(device, err(pluginError('timeout', 'it did not answer in time')), means())
  expect(found).toMatchObject({ name: 'Door', model: 'HW', profiles: null, cameras: [], error: { kind: 'timeout' } })
})

test('without a password nobody asked for profiles, which is not the same as having none', () => {
  expect(describeDevice(device, ok({ ...answer, profiles: [] }), means(false)).profiles).toBeNull()
  expect(describeDevice(device, ok({ ...answer, profiles: [] }), means()).profiles).toEqual([])
})

test('a stream elsewhere, a claimed host and a useless profile are each warned of', () => {
  const profiles = [
    { ...profile, stream_uri: 'rtsp://10.0.0.9/x' },
    { ...profile, stream_uri: 'http://192.168.1.20/' },
  ]
  const { warnings } = describeDevice({ ...device, claimed_host: '10.1.1.1' }, ok({ ...answer, profiles }), means())
  expect(warnings).toEqual([
    expect.stringContaining('10.1.1.1'),
    expect.stringContaining('10.0.0.9'),
    expect.stringContaining('no stream that can be used'),
  ])
})
