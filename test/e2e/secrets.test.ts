import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { startChatCompletionsServer } from '../../src/testkit/chat-completions-server.ts'
import { Mosquitto, NO_MOSQUITTO } from '../../src/testkit/mosquitto.ts'
import { noOutsidePostgres, startOutsidePostgres } from '../../src/testkit/postgres.ts'
import { CAMERA, nameOf, openHome, type Home } from './harness/home.ts'
import { drop } from './harness/clips.ts'
import { startWebhookReceiver } from './harness/webhook-receiver.ts'
import { waitFor } from './harness/wait-for.ts'

/** One for each place where the configuration asks for a secret; the odd characters are those that get written in other ways. */
const SECRETS = {
  MQTT_USER: 'canary-mqtt-user-3141',
  MQTT_PASSWORD: 'canary/mqtt+password@3141',
  HOOK_PATH: 'canary-hook-path-3141',
  HOOK_AUTH: 'Bearer canary-hook-auth-3141',
  HOOK_KEY: 'canary-hook-key-3141',
  API_KEY: 'canary-api-key-31415926535897',
  OPENAI_KEY: 'sk-canary-openai-3141',
  DSN_PASSWORD: 'canary-dsn-password-3141',
}
const FORMS = Object.values(SECRETS).flatMap((secret) => {
  const plain = secret.replace('Bearer ', '')
  return [plain, encodeURIComponent(plain), Buffer.from(plain).toString('base64').replace(/=+$/, ''), Buffer.from(plain).toString('hex')]
})

function leaksIn(text: string): string[] {
  return FORMS.filter((form) => text.includes(form)).map(
    (form) => `${form} in …${text.slice(Math.max(0, text.indexOf(form) - 100), text.indexOf(form) + 60)}`,
  )
}

function filesUnder(folder: string): { readonly name: string; readonly text: string }[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return entries.map((entry) => ({
    name: join(entry.parentPath, entry.name),
    text: readFileSync(join(entry.parentPath, entry.name), 'latin1'),
  }))
}

/** Everything the API has to say to who has the key, by its own description. */
async function wholeApi(url: string, clipId: string): Promise<{ readonly path: string; readonly text: string }[]> {
  const headers = { authorization: `Bearer ${SECRETS.API_KEY}` }
  const get = async (path: string) => {
    const stop = new AbortController()
    const answer = await fetch(`${url}${path}`, { headers, signal: stop.signal })
    const head = `${answer.status} ${JSON.stringify([...answer.headers])}\n`
    if (!(answer.headers.get('content-type') ?? '').includes('event-stream')) return { path, text: head + (await answer.text()) }
    stop.abort()
    return { path, text: head }
  }
  const { text } = await get('/api/v1/openapi.json')
  const described = JSON.parse(text.slice(text.indexOf('\n'))) as { paths: Record<string, Record<string, unknown>> } // held to its form elsewhere
  const paths = Object.entries(described.paths).flatMap(([path, methods]) =>
    'get' in methods ? [path.replaceAll(/\{[^}]+\}/g, clipId)] : [],
  )
  expect(paths.length).toBeGreaterThan(10)
  return Promise.all(['/api/v1/openapi.json', '/nowhere', ...paths].map(get))
}

async function wholeDatabase(dsn: string): Promise<string> {
  const client = new pg.Client({ connectionString: dsn })
  await client.connect()
  try {
    const all = ['clip_states', 'clip_events', 'logs'].map((table) => `SELECT '${table}' AS origin, to_json(t) AS row FROM ${table} t`)
    return JSON.stringify((await client.query(all.join(' UNION ALL '))).rows)
  } finally {
    await client.end()
  }
}

test.skipIf(noOutsidePostgres !== null || NO_MOSQUITTO !== null)(
  'no secret shows up in any output, log, row, journal, answer, metric or message, with everything failing once',
  async () => {
    const home = openHome()
    const postgres = home.own(await startOutsidePostgres())
    const broker = home.own(await Mosquitto.start({ users: { [SECRETS.MQTT_USER]: SECRETS.MQTT_PASSWORD } }))
    const mailbox = home.own(await broker.subscribe('homecam/#'))
    const hook = home.own(await startWebhookReceiver())
    const model = home.own(await startChatCompletionsServer({ apiKey: SECRETS.OPENAI_KEY }))
    configure(home, { broker, hook: `${hook.url}/${SECRETS.HOOK_PATH}`, model: model.url, dsn: postgres.dsn })

    await postgres.stop()
    await broker.stop()
    hook.mood = 'refuse'
    model.behave(
      { do: 'fail', status: 500, message: `no credit on ${SECRETS.OPENAI_KEY}` },
      { do: 'fail', status: 401, message: `bad key ${SECRETS.OPENAI_KEY}` },
    )
    const run = await home.start()
    home.drop(1)
    drop(home.inbox, 'no-film.mp4', Buffer.from('no film'))
    await home.done(1)
    await waitFor('the quarantine', () => home.quarantined().length === 1)

    await postgres.start()
    await broker.start()
    hook.mood = 'take'
    home.drop(2)
    const { clip_id } = await home.done(2)
    await hook.alertOf(clip_id)
    await mailbox.has(({ payload }) => payload.includes(clip_id))
    await waitFor('the rows', async () =>
      (await wholeApi(run.url, clip_id)).some(({ path, text }) => path.endsWith('/events') && text.includes('clip_finished')),
    )
    await waitFor('log lines in the table', async () => (await wholeDatabase(postgres.dsn)).includes('homesec_started'))

    for (const { path, text } of await wholeApi(run.url, clip_id)) expect({ path, leaks: leaksIn(text) }).toEqual({ path, leaks: [] })
    expect(leaksIn(await wholeDatabase(postgres.dsn))).toEqual([])
    run.signal('SIGTERM')
    expect(await run.ended).toMatchObject({ code: 0 })

    expect(leaksIn(run.stdout + run.stderr)).toEqual([])
    expect(leaksIn(JSON.stringify(mailbox.messages))).toEqual([])
    for (const call of hook.raw) expect(leaksIn(call.slice(call.indexOf('\n\n')))).toEqual([])
    const files = [...filesUnder(home.data), ...filesUnder(home.storage)]
    expect(files.some(({ name }) => name.includes(`spool/${CAMERA}`))).toBe(true)
    for (const { name, text } of files) expect({ name, leaks: leaksIn(name + text) }).toEqual({ name, leaks: [] })
    // The secrets were needed, were used, and would have been found.
    expect(leaksIn(hook.raw.at(-1) ?? '')).not.toEqual([])
    expect(hook.raw.at(-1)).toContain(SECRETS.HOOK_AUTH)
    expect(model.requests.at(-1)?.headers.authorization).toContain(SECRETS.OPENAI_KEY)
    expect(home.journal(2)?.original_name).toBe(nameOf(2))
  },
)

function configure(
  home: Home,
  at: { readonly broker: Mosquitto; readonly hook: string; readonly model: string; readonly dsn: string },
): void {
  const { MQTT_USER, MQTT_PASSWORD, HOOK_AUTH, HOOK_KEY, API_KEY, OPENAI_KEY, DSN_PASSWORD } = SECRETS
  Object.assign(home.env, { MQTT_USER, MQTT_PASSWORD, HOOK_AUTH, HOOK_KEY, API_KEY, OPENAI_KEY, HOOK_URL: at.hook })
  home.env['DSN'] = at.dsn.replace('homesec@', `homesec:${DSN_PASSWORD}@`)
  const mqtt = { host: 'localhost', port: at.broker.port, auth: { username_env: 'MQTT_USER', password_env: 'MQTT_PASSWORD' } }
  const webhook = { url_env: 'HOOK_URL', auth_header_env: 'HOOK_AUTH', secret_env: 'HOOK_KEY' }
  home.reconfigure({
    vlm: { backend: 'openai', config: { base_url: at.model, api_key_env: 'OPENAI_KEY' } },
    notifiers: [
      { backend: 'mqtt', config: mqtt },
      { backend: 'webhook', config: webhook },
    ],
    database: { enabled: true, dsn_env: 'DSN' },
    server: { port: 0, auth: { enabled: true, api_key_env: 'API_KEY' } },
    telemetry: { logs: { level: 'debug' } },
    log: { level: 'debug' },
  })
}
