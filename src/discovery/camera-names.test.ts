import { expect, test } from 'vitest'
import { CAMERA_NAME_PATTERN } from '../contracts/clip.ts'
import { CameraNames, variableFor } from './camera-names.ts'

test.each([
  [['Front Door', 'IPC-1'], 'front_door'],
  [[null, 'DS-2CD2143G0-I'], 'ds_2cd2143g0_i'],
  [['***', 'IPC'], 'ipc'],
  [['Garten Süd', null], 'garten_sud'],
  [['玄関', 'IPC'], 'ipc'],
  [['玄関', null], 'camera'],
  [[null, null], 'camera'],
  [['3rd floor'], 'cam_3rd_floor'],
  [['../../etc/passwd\0\n'], 'etc_passwd'],
  [['a: b # c'], 'a_b_c'],
])('%j becomes %s', (wishes, name) => {
  expect(new CameraNames().take(wishes)).toBe(name)
})

test('a name is given once, and numbers fit into the length that is allowed', () => {
  const names = new CameraNames()
  const long = 'x'.repeat(100)
  const given = ['Cam', 'cam', 'CAM ', long, `${long}y`].map((wish) => names.take([wish]))
  expect(given.slice(0, 3)).toEqual(['cam', 'cam_2', 'cam_3'])
  expect(new Set(given).size).toBe(5)
  for (const name of given) expect(name).toMatch(CAMERA_NAME_PATTERN)
})

test('variables of different cameras differ, and are variables', () => {
  const names = new CameraNames()
  const variables = ['a-b', 'a_b', 'a b', '1', 'cam_1'].map((wish) => variableFor(names.take([wish]), 'RTSP'))
  expect(new Set(variables).size).toBe(5)
  for (const variable of variables) expect(variable).toMatch(/^[A-Z][A-Z0-9_]*_RTSP_URL$/)
})
