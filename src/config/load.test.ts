import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { explainConfigReport } from './explain-error.ts'
import { authIsOn } from './normalise.ts'
import { MINIMAL, quiet, loaded, refused, found } from '../testkit/config-files.ts'

describe('a file that loads', () => {
  test('needs a version and one camera; the rest has defaults', async () => {
    const { config, warnings } = await loaded(MINIMAL)
    expect(config).toMatchObject({
      data_dir: '/etc/homesec/homesec-data',
      vlm: { backend: null, run_mode: 'never' },
      filter: { backend: 'auto' },
      notifiers: [{ name: 'console', backend: 'console', enabled: true }],
      server: { host: '127.0.0.1', port: 8081 },
    })
    expect(config).not.toHaveProperty('mqtt')
    expect(warnings).toEqual([])
    expect(authIsOn(config.server)).toBe(false)
  })

  test('in the old form means one mqtt notifier, auth beyond loopback, and warnings instead of a refusal', async () => {
    const text = await readFile(new URL('../../test/fixtures/old-form.yaml', import.meta.url), 'utf8')
    const { config, warnings } = await loaded(text, { MQTT_USERNAME: 'home', MQTT_PASSWORD: 'pw', OPENAI_API_KEY: 'sk' })
    expect(config.notifiers.map(({ name, backend }) => [name, backend])).toEqual([['mqtt', 'mqtt']])
    expect(config.notifiers[0]?.config).toMatchObject({ host: 'localhost', qos: 1 })
    expect(authIsOn(config.server)).toBe(true)
    expect(warnings).toEqual([expect.stringContaining('overrides.backyard'), expect.stringContaining('backups_dir')])
  })

  test('may say what each notifier wants, with times as YAML has them', async () => {
    const rules = 'cameras: [yard], min_risk_level: HIGH, cooldown_s: 300, quiet_hours: { from: 22:00, to: 7:00, except_risk: high }'
    const { config } = await loaded(MINIMAL + `notifiers: [{ backend: email, ${rules} }, { backend: console }]\nalert: { mode: instant }\n`)
    expect(config.notifiers).toMatchObject([
      {
        cameras: ['yard'],
        min_risk_level: 'high',
        cooldown_s: 300,
        quiet_hours: { from: '22:00', to: '7:00', except_risk: 'high', digest: true, time_zone: null },
      },
      { cameras: null, min_risk_level: null, cooldown_s: 0, quiet_hours: null },
    ])
    expect(config.alert.mode).toBe('instant')
  })

  test('names plugins in any case, and names its notifiers after them', async () => {
    const { config } = await loaded(
      MINIMAL.replace('folder', 'Folder') + 'notifiers: [{ backend: EMAIL }, { backend: email, name: second }]\n',
    )
    expect(config.notifiers.map(({ name }) => name)).toEqual(['email', 'second'])
  })

  test("keeps a plugin's config untouched", async () => {
    const { config } = await loaded(MINIMAL + 'storage: { config: { a: { b: [1, { c: null }] }, Token: x } }\n')
    expect(config.storage.config).toEqual({ a: { b: [1, { c: null }] }, Token: 'x' })
  })

  test('has the same hash whatever the order of its keys, and another after any change', async () => {
    const first = await loaded(MINIMAL + 'log: { level: warn, format: json }\n')
    const second = await loaded('log: { format: json, level: warn }\n' + MINIMAL)
    const third = await loaded(MINIMAL + 'log: { level: info, format: json }\n')
    expect(first.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(second.hash).toBe(first.hash)
    expect(third.hash).not.toBe(first.hash)
  })

  test('may begin with a byte order mark, end its lines as Windows does, and repeat itself through aliases', async () => {
    const text = '\uFEFF' + MINIMAL.replaceAll('\n', '\r\n') + 'storage: { config: &a { x: 1 } }\r\nfilter: { config: *a }\r\n'
    expect((await loaded(text)).config.filter.config).toEqual({ x: 1 })
  })

  test('hands over the secrets behind its names, those of defaults included, and only by name', async () => {
    const text = 'version: 1\ncameras: [{ name: yard, source: { backend: rtsp, config: { rtsp_url_env: CAM } } }]\n'
    const { secrets, secretValues, config } = await loaded(text, { CAM: 'rtsp://u:p@h/', RTSP_DEFAULT: 'other', UNRELATED: 'no' })
    expect(secretValues).toEqual(['rtsp://u:p@h/', 'other'])
    expect(secrets.get('CAM')).toBe('rtsp://u:p@h/')
    expect(secrets.get('toString')).toBeUndefined()
    expect(JSON.stringify(config)).not.toContain('u:p')
  })

  test('asks for no secrets of what is switched off', async () => {
    const camera = '{ name: off, enabled: false, source: { backend: rtsp, config: { rtsp_url_env: NOT_SET } } }'
    const { config } = await loaded(`version: 1\ncameras: [{ name: yard, source: { backend: folder, config: { path: /v } } }, ${camera}]\n`)
    expect(config.cameras).toHaveLength(2)
  })
})

const MANY_MISTAKES = `
version: 2
colour: red
cameras:
  - name: Front Door
    source: { backend: foldr, config: {} }
  - name: yard
    source: { backend: folder, config: { pth: /v } }
  - name: yard
    source: { backend: rtsp, config: { rtsp_url_env: NOT_SET } }
retention:
  max_local_size_byte: 5
  interval_s: "300"
filter: { backend: yollo }
vlm: { backend: openai, run_mode: sometimes, trigger_classes: [dragon], config: { activity_types: [delivery] } }
alert_policy: { config: { overrides: { shed: {}, yard: { notify_on_activity_types: [dancing] } } } }
notifiers: [{ backend: email }, { backend: email }, { backend: pigeon }]
server: { host: 0.0.0.0, auth: { enabled: false } }
`

describe('mistakes', () => {
  test('are all found at once, each at its place, in the order of the file', async () => {
    const report = await refused(MANY_MISTAKES)
    expect(found(report)).toEqual([
      'bad_value version',
      'unknown_key colour',
      'bad_value cameras[0].name',
      'unknown_plugin cameras[0].source.backend',
      'missing_value cameras[1].source.config.path',
      'unknown_key cameras[1].source.config.pth',
      'duplicate_name cameras[2].name',
      'env_missing cameras[2].source.config.rtsp_url_env',
      'unknown_key retention.max_local_size_byte',
      'bad_value retention.interval_s',
      'unknown_plugin filter.backend',
      'bad_value vlm.run_mode',
      'bad_value vlm.trigger_classes[0]',
      'bad_value alert_policy.config.overrides.shed',
      'bad_value alert_policy.config.overrides.yard.notify_on_activity_types[0]',
      'duplicate_name notifiers[1].name',
      'unknown_plugin notifiers[2].backend',
      'insecure server.auth.enabled',
    ])
    expect(report.problems.find(({ path }) => path === 'cameras[2].source.config.rtsp_url_env')?.line).toBe(10)
  })

  test('are explained in one line each, with what was probably meant', async () => {
    const report = await refused(MANY_MISTAKES)
    const lines = explainConfigReport(report).split('\n')
    expect(lines).toHaveLength(report.problems.length + 1)
    const text = lines.join('\n')
    expect(text).toContain('cameras[0].source.backend (line 6): there is no such plugin. Did you mean "folder"? Known: folder, rtsp, ftp.')
    expect(text).toContain('Did you mean "max_local_size_bytes"?')
    expect(text).toContain('cameras[1].source.config.path (line 8): is missing. Folder to watch.')
    expect(text).toContain('Did you mean "path"?')
    expect(text).toContain('retention.interval_s (line 13): must be a number. Write digits only, without quotes or unit.')
    expect(text).toContain('the variable NOT_SET is not set')
    expect(text).toContain('unknown class "dragon"')
    expect(text).toContain('Known: trigger_only, always, never.')
  })

  test.each([
    ['cameras: missing', 'version: 1\n', 'missing_value cameras'],
    ['cameras: empty', 'version: 1\ncameras: []\n', 'bad_value cameras'],
    ['cameras: words', 'version: 1\ncameras: [yard]\n', 'bad_value cameras[0]'],
    ['an empty block', MINIMAL + 'retention:\n', 'bad_value retention'],
    ['a key of old versions', MINIMAL + 'health: { port: 1 }\n', 'unknown_key health'],
    ['a vlm block without a model', MINIMAL + 'vlm: { trigger_classes: [car] }\n', 'missing_value vlm.backend'],
    [
      'a budget in dollars without a price',
      MINIMAL + 'vlm: { backend: openai, daily_budget: { usd: 1 }, config: { price: null } }\n',
      'missing_value vlm.daily_budget.usd',
    ],
    ['a plugin that is a command', MINIMAL + 'plugins: ["sh -c reboot"]\n', 'bad_value plugins[0]'],
    ['a plugin outside', MINIMAL + 'plugins: [./../x.js]\n', 'bad_value plugins[0]'],
    ['a plugin by absolute path', MINIMAL + 'plugins: [/tmp/x.js]\n', 'bad_value plugins[0]'],
    ['a plugin by URL', MINIMAL + 'plugins: ["https://x.example/a.js"]\n', 'bad_value plugins[0]'],
    ['clips outside the storage', MINIMAL + 'storage: { paths: { clips_dir: ../x } }\n', 'bad_value storage.paths.clips_dir'],
    ['any origin', MINIMAL + 'server: { cors_origins: ["*"] }\n', 'bad_value server.cors_origins[0]'],
    ['mqtt twice', MINIMAL + 'mqtt: {}\nnotifiers: [{ backend: mqtt }]\n', 'duplicate_name mqtt'],
    [
      'a notifier for no camera',
      MINIMAL + 'notifiers: [{ backend: email, cameras: [yard, yrd] }]\n',
      'unknown_reference notifiers[0].cameras[1]',
    ],
    ['a notifier for an empty list', MINIMAL + 'notifiers: [{ backend: email, cameras: [] }]\n', 'bad_value notifiers[0].cameras'],
    ['a risk that is none', MINIMAL + 'notifiers: [{ backend: email, min_risk_level: huge }]\n', 'bad_value notifiers[0].min_risk_level'],
    ['quiet hours without an end', quiet('from: "22:00"'), 'missing_value notifiers[0].quiet_hours.to'],
    ['quiet hours that are none', quiet('from: "7:00", to: "07:00"'), 'bad_value notifiers[0].quiet_hours.to'],
    ['an hour that no clock shows', quiet('from: "24:00", to: "07:00"'), 'bad_value notifiers[0].quiet_hours.from'],
    ['a day that is none', quiet('from: "22:00", to: "07:00", days: [monday]'), 'bad_value notifiers[0].quiet_hours.days[0]'],
    ['a time zone that is none', quiet('from: "22:00", to: "07:00", time_zone: Mars/Base'), 'bad_value notifiers[0].quiet_hours.time_zone'],
    ['a mode that is none', MINIMAL + 'alert: { mode: sometimes }\n', 'bad_value alert.mode'],
    [
      'an override for no camera',
      MINIMAL + 'alert_policy: { config: { overrides: { shed: {} } } }\n',
      'bad_value alert_policy.config.overrides.shed',
    ],
  ])('%s', async (_, text, problem) => {
    expect(found(await refused(text))).toEqual([problem])
  })

  test('a budget in dollars is fine with a price, and one in tokens without', async () => {
    const priced = 'config: { price: { prompt_usd_per_mtok: 1, completion_usd_per_mtok: 1 } }'
    await loaded(MINIMAL + `vlm: { backend: openai, daily_budget: { usd: 1 }, ${priced} }\n`)
    await loaded(MINIMAL + 'vlm: { backend: openai, daily_budget: { tokens: 1000 } }\n')
  })

  test('the activity types an analyzer has by default count too', async () => {
    const policy = (type: string) => `alert_policy: { config: { overrides: { yard: { notify_on_activity_types: [${type}] } } } }\n`
    const vlm = 'vlm: { backend: local }\n'
    await loaded(MINIMAL + vlm + policy('delivery'))
    await loaded(MINIMAL + vlm + policy('unknown'))
    expect(found(await refused(MINIMAL + vlm + policy('dancing')))).toHaveLength(1)
    await loaded(MINIMAL + policy('dancing'))
  })

  test('an empty variable counts as missing', async () => {
    const text = MINIMAL + 'database: { dsn_env: DB_DSN }\n'
    expect(found(await refused(text, { DB_DSN: '' }))).toEqual(['env_missing database.dsn_env'])
    expect((await loaded(text, { DB_DSN: 'postgres://h/d' })).config.database.dsn_env).toBe('DB_DSN')
  })

  test.each(['sk-abc123DEF456', 'abc123DEF456', 'AKIAIOSFODNN7EXAMPLE', 'rtsp://u:hunter2@h/'])(
    'a secret where its name belongs is not repeated: %s',
    async (secret) => {
      const report = await refused(MINIMAL + `storage: { config: { token_env: "${secret}" } }\ndatabase: { dsn_env: "${secret}" }\n`)
      expect(found(report)).toHaveLength(2)
      expect(explainConfigReport(report)).not.toContain(secret)
      expect(JSON.stringify(report)).not.toContain(secret)
    },
  )

  test('open doors need a signature', async () => {
    const server = 'server: { host: 192.168.1.5, auth: { enabled: false } }\n'
    expect(found(await refused(MINIMAL + server))).toEqual(['insecure server.auth.enabled'])
    const { warnings } = await loaded(MINIMAL + server.replace(' } }', ' }, allow_insecure: true }'))
    expect(warnings).toEqual([expect.stringContaining('everyone on the network')])
    await loaded(MINIMAL + 'server: { host: localhost, auth: { enabled: false } }\n')
  })
})

describe('what all cameras of a source share', () => {
  const FTP = 'version: 1\ncameras: [{ name: yard, source: { backend: ftp } }]\n'

  test('stands under sources, and may be left out', async () => {
    expect((await loaded(FTP)).config.sources).toEqual({})
    expect((await loaded(`${FTP}sources: { ftp: { port: 21 } }\n`)).config.sources).toEqual({ ftp: { port: 21 } })
  })

  test('is checked by the plugin, each mistake at its place', async () => {
    const report = await refused(`${FTP}sources: { ftp: { port: many, porrt: 1 }, fpt: {}, folder: {} }\n`)
    expect(found(report).sort()).toEqual([
      'bad_value sources.ftp.port',
      'unknown_key sources.ftp.porrt',
      'unknown_plugin sources.folder',
      'unknown_plugin sources.fpt',
    ])
    const about = (path: string) => report.problems.find((problem) => problem.path === path)
    expect(about('sources.fpt')?.advice).toContain('Did you mean "ftp"?')
    expect(about('sources.ftp.porrt')?.advice).toContain('Did you mean "port"?')
    expect(about('sources.folder')?.message).toBe('its cameras share no settings')
  })

  test('counts in the check of each camera', async () => {
    const anonymous = FTP.replace('ftp }', 'ftp, config: { anonymous: true } }')
    expect(found(await refused(anonymous))).toEqual(['bad_value cameras[0].source.config.anonymous'])
    await loaded(`${anonymous}sources: { ftp: { port: 21 } }\n`)
  })

  test('needs its variables only where an enabled camera uses it, and keeps their values out of logs', async () => {
    const shared = 'sources: { ftp: { key_env: FTP_KEY } }\n'
    expect(found(await refused(FTP + shared))).toEqual(['env_missing sources.ftp.key_env'])
    expect((await loaded(FTP + shared, { FTP_KEY: 'pem' })).secretValues).toContain('pem')
    await loaded(MINIMAL + shared)
  })
})
