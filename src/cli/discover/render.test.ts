import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { parseYaml } from '../../config/parse-yaml.ts'
import { ConfigFileSchema } from '../../config/schema.ts'
import { aFoundCamera, aProfile } from '../../testkit/found-cameras.ts'
import { describeCamera } from './render-text.ts'
import { renderYaml } from './render-yaml.ts'

const yamlOf = (...cameras: Parameters<typeof renderYaml>[0]) => `${(renderYaml(cameras) ?? []).join('\n')}\n`
const SourceSchema = z.strictObject({ rtsp_url_env: z.string(), detect_url_env: z.string().optional() })

test('the YAML is a configuration, with the names of variables where the streams belong', () => {
  const alone = aProfile({ name: 'Only' })
  const yaml = yamlOf(aFoundCamera(), aFoundCamera({ cameras: [{ name: 'true', main: alone, detect: null }] }))
  expect(parseYaml(yaml)).toMatchObject({ ok: true })
  const { cameras } = ConfigFileSchema.parse(parse(yaml))
  expect(cameras.map(({ name, source }) => [name, source.backend, SourceSchema.parse(source.config)])).toEqual([
    ['front_door', 'rtsp', { rtsp_url_env: 'FRONT_DOOR_RTSP_URL', detect_url_env: 'FRONT_DOOR_DETECT_URL' }],
    ['true', 'rtsp', { rtsp_url_env: 'TRUE_RTSP_URL' }],
  ])
})

test('the YAML says what to put into .env, with the password left open', () => {
  const yaml = yamlOf(aFoundCamera())
  expect(yaml).toContain('#   FRONT_DOOR_RTSP_URL=rtsp://USER:PASSWORD@192.168.1.20:554/Main\n')
  expect(yaml).toContain('#   FRONT_DOOR_DETECT_URL=rtsp://USER:PASSWORD@192.168.1.20:554/Sub\n')
})

test('a camera that could not be read stands in a comment; without any other there is no YAML', () => {
  const broken = aFoundCamera({ address: '192.168.1.21', profiles: null, cameras: [], error: { kind: 'timeout', message: 'no answer' } })
  expect(yamlOf(aFoundCamera(), broken)).toContain('# Left out: 192.168.1.21:80, no answer.')
  expect(renderYaml([broken])).toBeNull()
})

test('people see each profile, what it would be used for, and what to be wary of', () => {
  const jpeg = aProfile({ name: 'J', codec: 'JPEG', fps: null, keyframe_interval: null, stream_uri: null })
  const camera = aFoundCamera({ warnings: ['it is odd'] })
  expect(describeCamera({ ...camera, profiles: [...(camera.profiles ?? []), jpeg] })).toEqual([
    '192.168.1.20:80  "Front Door"  Acme IPC-1  firmware 5.50',
    '  front_door main    H.264  1920×1080  15 fps  keyframe every 30 frames (2 s)  rtsp://192.168.1.20:554/Main',
    '  front_door detect  H.264  640×360  15 fps  keyframe every 30 frames (2 s)  rtsp://192.168.1.20:554/Sub',
    '  -                  JPEG  1920×1080',
    '  careful: it is odd',
  ])
})

test('a wrong password is told with what to look for', () => {
  const error = { kind: 'rejected', message: 'it rejects this user name and password' } as const
  const lines = describeCamera(aFoundCamera({ profiles: null, cameras: [], error }))
  expect(lines[1]).toMatch(/not read: it rejects .* tried once.*users for ONVIF/)
})
