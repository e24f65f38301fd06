import { expect, test } from 'vitest'
import { startAnthropicServer } from '../../src/testkit/anthropic-server.ts'
import { startChatCompletionsServer } from '../../src/testkit/chat-completions-server.ts'
import { startGoogleServer } from '../../src/testkit/google-server.ts'
import { openHome, withPhone } from './harness/home.ts'

const PRICE = { prompt_usd_per_mtok: 1000, completion_usd_per_mtok: 0 }

test('the cloud judges while the budget lasts, and the model at home goes on after that', async () => {
  const home = openHome()
  const phone = await withPhone(home)
  const claude = home.own(await startAnthropicServer())
  const gemini = home.own(await startGoogleServer())
  const local = home.own(await startChatCompletionsServer({ apiKey: null }))
  claude.otherwise({ do: 'fail', status: 529 })
  Object.assign(home.env, { CLAUDE_KEY: 'sk-ant-test', GEMINI_KEY: 'AIza-test' })
  const cloud = (backend: string, base_url: string, api_key_env: string) => ({
    backend,
    config: { model: 'test-model', base_url, api_key_env, price: PRICE },
  })
  const analyzers = [
    cloud('anthropic', claude.url, 'CLAUDE_KEY'),
    cloud('google', gemini.url, 'GEMINI_KEY'),
    { name: 'home', backend: 'openai', free: true, config: { base_url: local.url, model: 'local-model' } },
  ]
  home.reconfigure({ vlm: { backend: 'fallback', config: { analyzers }, daily_budget: { usd: 1 } } })
  await home.start()

  home.drop(1)
  const first = await home.done(1)
  expect(first.vlm_usage).toEqual({ model: 'test-model', prompt_tokens: 1000, completion_tokens: 100, cost_usd: 1 })
  home.drop(2)
  const second = await home.done(2)
  expect(second.vlm_usage).toMatchObject({ model: 'local-model', cost_usd: 0 })
  expect(second.analysis_result).not.toBeNull()
  expect([claude, gemini, local].map(({ requests }) => requests.length)).toEqual([1, 1, 1])
  expect([...claude.requests, ...gemini.requests].map(({ complaint }) => complaint)).toEqual([null, null])
  await phone.newsOf('vlm_budget_spent') // it travels beside the alerts
  expect(phone.news.map(({ code }) => code)).toEqual(['vlm_budget_spent'])
})

test('doctor says whose key is wrong and which setting names it, and never the key', async () => {
  const home = openHome()
  const claude = home.own(await startAnthropicServer({ apiKey: 'another' }))
  const gemini = home.own(await startGoogleServer())
  Object.assign(home.env, { CLAUDE_KEY: 'sk-ant-wrong', GEMINI_KEY: 'AIza-test' })
  const anthropic = { model: 'test-model', base_url: claude.url, api_key_env: 'CLAUDE_KEY' }
  const google = { model: 'test-model', base_url: gemini.url, api_key_env: 'GEMINI_KEY' }
  const analyzers = [
    { backend: 'anthropic', config: anthropic },
    { backend: 'google', config: google },
  ]
  const doctor = async (vlm: object) => {
    home.reconfigure({ vlm })
    const run = home.spawn(['doctor', '--config', home.configPath])
    const { code } = await run.ended
    expect(run.stdout + run.stderr).not.toMatch(/sk-ant-wrong|AIza-wrong/)
    return { code, stdout: run.stdout }
  }
  const both = await doctor({ backend: 'fallback', config: { analyzers } })
  expect(both.code).toBe(0)
  expect(both.stdout).toMatch(
    /ok {4}vlm fallback: test-model answers\n {6}anthropic does not work: .*401: the key was not accepted.*api_key_env/,
  )

  Object.assign(home.env, { GEMINI_KEY: 'AIza-wrong' })
  const alone = await doctor({ backend: 'google', config: google })
  expect(alone.code).toBe(1)
  expect(alone.stdout).toMatch(/FAIL {2}vlm google: .*400: the key was not accepted.*api_key_env/)
})
