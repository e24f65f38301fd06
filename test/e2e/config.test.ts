import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openHome } from './harness/home.ts'

const MISTAKES = `
version: 1
camera_list: []
cameras:
  - name: Front Door
    source: { backend: folder, config: { path: /srv/front } }
  - name: garden
    source: { backend: foldr, config: { path: /srv/garden } }
  - name: drive
    source: { backend: folder, config: { path: srv/drive } }
storage:
  backend: local
  config: { rot: /srv/storage }
filter:
  backend: mock
  config: { detected_classes: [persn] }
vlm:
  backend: mock
  run_mode: sometimes
alert_policy:
  backend: default
  config: { min_risk_level: enormous }
notifiers:
  - backend: mqtt
    config: { host: localhost, auth: { username_env: HOMESEC_NO_SUCH_USER, password_env: HOMESEC_NO_SUCH_PASSWORD } }
retry: { max_attempts: 0 }
server: { port: 99999 }
`

/** Where each mistake is, and a word of the advice for it. */
const REPORTED = [
  [/camera_list/, /cameras/],
  [/cameras\[0\]\.name/, /front_door/],
  [/cameras\[1\]\.source\.backend/, /folder/],
  [/cameras\[2\]\.source\.config\.path/, /absolute/],
  [/storage\.config\.rot/, /root/],
  [/filter\.config\.detected_classes/, /person/],
  [/vlm\.run_mode/, /trigger_only/],
  [/alert_policy\.config\.min_risk_level/, /critical/],
  [/retry\.max_attempts/, /1/],
  [/server\.port/, /65535|65_535/],
] as const

test.each(['run', 'validate'])(
  'homesec %s reports ten mistakes at once, each with its place and what to do, and ends with code 1',
  async (command) => {
    const home = openHome()
    writeFileSync(home.configPath, MISTAKES)
    const run = home.spawn([command, '--config', home.configPath])
    expect(await run.ended).toEqual({ code: 1, signal: null })
    const text = run.stdout + run.stderr
    for (const [place, advice] of REPORTED) {
      expect(text).toMatch(place)
      const from = text.slice(text.search(place))
      expect(from.split('\n').slice(0, 3).join('\n')).toMatch(advice)
    }
  },
)
