import { z } from 'zod'
import { definePlugin, type PluginCatalog, type PluginInstances, type PluginKind } from '../contracts/plugin.ts'
import type { LoadedConfig } from '../config/check-config.ts'
import { explainConfigReport } from '../config/explain-error.ts'
import { loadConfig } from '../config/load.ts'
import type { ConfigReport } from '../config/problem.ts'

const never = <K extends PluginKind>(): Promise<PluginInstances[K]> => Promise.reject(new Error('not built in these tests'))
const open = <K extends PluginKind>(kind: K, name: string) =>
  definePlugin({ kind, name, config: z.record(z.string(), z.unknown()), create: never<K> })

const catalog: PluginCatalog = {
  source: [
    definePlugin({
      kind: 'source',
      name: 'folder',
      config: z.strictObject({ path: z.string().describe('Folder to watch.'), stability_s: z.number().default(5) }),
      create: never<'source'>,
    }),
    definePlugin({
      kind: 'source',
      name: 'rtsp',
      config: z.strictObject({ rtsp_url_env: z.string(), fallback_env: z.string().default('RTSP_DEFAULT') }),
      create: never<'source'>,
    }),
    definePlugin({
      kind: 'source',
      name: 'ftp',
      config: z.strictObject({ anonymous: z.boolean().default(false) }),
      shared: z.strictObject({ port: z.number().default(2121), key_env: z.string().optional() }),
      check: ({ anonymous }, _names, { port }) =>
        anonymous && port === 2121 ? [{ path: ['anonymous'], message: 'needs another port' }] : [],
      create: never<'source'>,
    }),
  ],
  storage: [open('storage', 'local')],
  filter: [open('filter', 'yolo'), open('filter', 'hog')],
  analyzer: [
    open('analyzer', 'openai'),
    definePlugin({
      kind: 'analyzer',
      name: 'local',
      config: z.strictObject({ activity_types: z.array(z.string()).default(['delivery']) }),
      create: never<'analyzer'>,
    }),
  ],
  alert_policy: [
    definePlugin({
      kind: 'alert_policy',
      name: 'default',
      config: z.looseObject({
        overrides: z.record(z.string(), z.looseObject({ notify_on_activity_types: z.array(z.string()).default([]) })).default({}),
      }),
      check: ({ overrides }, names) =>
        Object.entries(overrides).flatMap(([camera, { notify_on_activity_types: types }]) => [
          ...(names.cameras.includes(camera) ? [] : [{ path: ['overrides', camera], message: `unknown camera "${camera}"` }]),
          ...types
            .filter((type) => names.activityTypes?.includes(type) === false)
            .map((type, index) => ({
              path: ['overrides', camera, 'notify_on_activity_types', index],
              message: `unknown activity type "${type}"`,
            })),
        ]),
      create: never<'alert_policy'>,
    }),
  ],
  notifier: [open('notifier', 'console'), open('notifier', 'mqtt'), open('notifier', 'email')],
}

export const MINIMAL = 'version: 1\ncameras: [{ name: yard, source: { backend: folder, config: { path: /v } } }]\n'

export const quiet = (hours: string) => MINIMAL + `notifiers: [{ backend: email, quiet_hours: { ${hours} } }]\n`

export function load(text: string, env: Record<string, string> = {}) {
  return loadConfig('/etc/homesec/config.yaml', {
    catalog,
    env,
    readFile: async () => (typeof text === 'string' ? Buffer.from(text) : text),
  })
}

export async function loaded(text: string, env: Record<string, string> = {}): Promise<LoadedConfig> {
  const result = await load(text, env)
  if (!result.ok) throw new Error(explainConfigReport(result.error))
  return result.value
}

export async function refused(text: string, env: Record<string, string> = {}): Promise<ConfigReport> {
  const result = await load(text, env)
  if (result.ok) throw new Error('this file should not load')
  return result.error
}

export const found = ({ problems }: ConfigReport) => problems.map(({ code, path }) => `${code} ${path}`)
