import { expect, test } from 'vitest'
import { CANARY_SECRET } from '../../../testkit/notifier-contract.ts'
import { MqttConfigSchema, portOf } from './config.ts'
import { mqttNotifier } from './plugin.ts'
import { configNames } from '../../../testkit/plugin-host.ts'

const names = configNames()

test('the short form with six keys is accepted', () => {
  const config = {
    host: 'localhost',
    port: 1883,
    auth: { username_env: 'MQTT_USERNAME', password_env: 'MQTT_PASSWORD' },
    topic_template: 'homecam/alerts/{camera_name}',
    qos: 1,
    retain: false,
  }
  expect(mqttNotifier.problems(config, names)).toEqual([])
})

test('a host is enough, and the defaults are those of the documentation', () => {
  expect(MqttConfigSchema.parse({ host: 'broker' })).toEqual({
    host: 'broker',
    protocol_version: '5',
    topic_template: 'homecam/alerts/{camera_name}',
    qos: 1,
    retain: false,
    system_topic: 'homecam/system/errors',
    state_topic: 'homecam/bridge/state',
    connect_timeout_s: 10,
    publish_timeout_s: 5,
    outbox: { max_messages: 1000, max_age_s: 86_400 },
  })
})

test.each([
  [{ tls: undefined, port: undefined }, 1883],
  [{ tls: { enabled: true, reject_unauthorized: true }, port: undefined }, 8883],
  [{ tls: { enabled: false, reject_unauthorized: true }, port: undefined }, 1883],
  [{ tls: undefined, port: 1884 }, 1884],
])('%j means port %i', (config, port) => {
  expect(portOf(config)).toBe(port)
})

test.each([
  [{ host: `mqtt://user:${CANARY_SECRET}@broker` }, 'host'],
  [{ host: `user:${CANARY_SECRET}@broker` }, 'host'],
  [{ host: 'b', topic_template: 'homecam/{camera}' }, 'topic_template'],
  [{ host: 'b', system_topic: 'homecam/#' }, 'system_topic'],
  [{ host: 'b', qos: 3 }, 'qos'],
  [{ host: 'b', port: 0 }, 'port'],
  [{ host: 'b', password: CANARY_SECRET }, 'password'],
  [{ host: 'b', auth: { username_env: 'U', password_env: `${CANARY_SECRET}!` } }, 'auth.password_env'],
  [{ host: 'b', auth: { username_env: 'U' } }, 'auth.password_env'],
  [{ host: 'b', tls: { cert_file: 'a.crt' } }, 'tls'],
  [{ host: 'b', outbox: { max_messages: 0 } }, 'outbox.max_messages'],
])('a mistake is reported at its path, without repeating what was written: %j', (config, path) => {
  const problems = mqttNotifier.problems(config, names)
  expect(problems.map((problem) => problem.path.join('.'))).toEqual([path])
  expect(JSON.stringify(problems)).not.toContain(CANARY_SECRET)
})

test('every key explains itself', () => {
  for (const [key, schema] of Object.entries(MqttConfigSchema.shape)) {
    const described = schema.description ?? ('unwrap' in schema ? schema.unwrap().description : undefined)
    expect(described, key).toMatch(/./)
  }
})

test.each([
  [{ home_assistant: {} }, []],
  [{ home_assistant: { base_topic: 'barn' }, state_topic: 'barn/bridge/state' }, []],
  [{ home_assistant: { base_topic: 'barn' } }, ['state_topic']],
  [{ home_assistant: {}, state_topic: null }, ['state_topic']],
  [{ home_assistant: { enabled: false }, state_topic: null }, []],
])('Home Assistant can tell two homes on one broker apart: %j', (config, wrong) => {
  expect(mqttNotifier.problems({ host: 'broker', ...config }, names).map(({ path }) => path.join('.'))).toEqual(wrong)
})
