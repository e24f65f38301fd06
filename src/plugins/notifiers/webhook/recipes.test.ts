import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { anAlert, aSystemAlert } from '../../../testkit/builders.ts'
import { alertBody, systemBody } from './body.ts'
import { WebhookConfigSchema, type WebhookConfig } from './config.ts'
import { ALERT_NAMES, SYSTEM_NAMES } from './template-values.ts'

/** The examples for owners, by the heading above each. */
const PAGE = readFileSync(join(import.meta.dirname, '../../../../docs/notifiers.md'), 'utf8')
const RecipeSchema = z.object({ notifiers: z.tuple([z.object({ backend: z.literal('webhook'), config: WebhookConfigSchema })]) })
const RECIPES = [...PAGE.matchAll(/^#### (\w+)\n.*?```yaml\n(.*?)```/gms)].map(([, name = '', text = '']): [string, WebhookConfig] => [
  name,
  RecipeSchema.parse(parse(text)).notifiers[0].config,
])
const recipe = (name: string): WebhookConfig => {
  const found = RECIPES.find(([known]) => known === name)
  if (found === undefined) throw new Error(`no recipe for ${name}`)
  return { ...found[1], multipart: undefined }
}

const HOSTILE = '@everyone <!channel> </a><script>"\\{{title}}'.repeat(80)
const alert = anAlert({ summary: HOSTILE, notify_reason: HOSTILE, view_url: `https://s3.example/?${'x'.repeat(500)}` })
/** As signed links with a session token are. */
const LONG_LINK = `https://s3.example/?${'x'.repeat(1980)}`
const bodyOf = (name: string, given = alert): unknown => JSON.parse(String(alertBody(given, null, recipe(name)).content))

test('the page lists every placeholder', () => {
  const [, table = ''] = /^### Bodies of your own$(.*?)^### /ms.exec(PAGE) ?? []
  expect([...ALERT_NAMES, ...SYSTEM_NAMES].filter((name) => !table.includes(`\`${name}\``))).toEqual([])
})

test('there is one for each promised service', () => {
  expect(RECIPES.map(([name]) => name)).toEqual(['Discord', 'Slack', 'Gotify', 'Matrix'])
})

describe.each(RECIPES.map(([name]) => name))('%s', (name) => {
  test.each(['first', 'verdict', 'withdrawn'] as const)('a body for %s is valid JSON, with and without a link', (stage) => {
    for (const view_url of [alert.view_url, null]) expect(() => bodyOf(name, { ...alert, stage, view_url, summary: null })).not.toThrow()
  })

  test('news is valid JSON', () => {
    expect(() => JSON.parse(String(systemBody(aSystemAlert({ message: HOSTILE }), recipe(name)).content)) as unknown).not.toThrow()
  })
})

test("Discord's limits are kept however long the link, and nobody is pinged", () => {
  // https://discord.com/developers/docs/resources/message#embed-object-embed-limits
  const Discord = z.strictObject({
    username: z.string().min(1).max(80),
    content: z.string().min(1).max(2000),
    embeds: z.array(z.strictObject({ description: z.string().min(1).max(4096) })).max(10),
    allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
  })
  for (const view_url of [alert.view_url, LONG_LINK, null]) {
    const body = Discord.parse(bodyOf('Discord', { ...alert, view_url }))
    expect(body.embeds).toEqual([{ description: view_url ?? 'no link' }])
  }
})

test("Slack's limits are kept, and words from a camera are plain text", () => {
  const Block = z.strictObject({
    type: z.literal('section'),
    text: z.strictObject({ type: z.enum(['plain_text', 'mrkdwn']), text: z.string().min(1).max(3000) }),
  })
  const Slack = z.strictObject({ text: z.string().min(1).max(4000), blocks: z.array(Block).max(50) })
  expect(Slack.safeParse(bodyOf('Slack', { ...alert, view_url: LONG_LINK })).error).toBeUndefined()
  const body = Slack.parse(bodyOf('Slack'))
  expect(body.text).toBe('front_door: high')
  expect(body.blocks.filter(({ text }) => text.text.includes('<!channel>')).map(({ text }) => text.type)).toEqual(['plain_text'])
})

test("Gotify's priority is a number, and a touch opens the clip", () => {
  expect(bodyOf('Gotify')).toMatchObject({ priority: 8, extras: { 'client::notification': { click: { url: alert.view_url } } } })
})

test("Matrix's HTML holds no markup from a camera", () => {
  const { html } = z.object({ html: z.string() }).parse(bodyOf('Matrix'))
  expect([...html.matchAll(/<\/?(\w+)/g)].map(([, tag]) => tag)).toEqual(['b', 'b', 'br', 'br', 'a', 'a'])
})
