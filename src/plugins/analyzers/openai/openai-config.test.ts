import { describe, expect, test } from 'vitest'
import { configNames } from '../../../testkit/plugin-host.ts'
import { openaiAnalyzer } from './plugin.ts'

describe('the config', () => {
  const problems = (config: object) => openaiAnalyzer.problems(config, configNames())

  test('of the design sketch is good', () => {
    expect(
      problems({
        model: 'gpt-4o',
        api_key_env: 'OPENAI_API_KEY',
        base_prompt: 'Summarize activity and risk; be concise and structured.',
        activity_types: ['delivery', 'doorbell', 'person_at_door', 'unknown'],
      }),
    ).toEqual([])
  })

  test.each(['http://localhost:11434/v1', 'http://192.168.1.5:8000/v1', 'http://ollama:11434/v1'])('%s needs no key', (base_url) => {
    expect(problems({ base_url })).toEqual([])
  })

  test.each([
    [{}, 'api_key_env', 'https://api.openai.com/v1'],
    [{ base_url: 'https://example.com/v1' }, 'api_key_env', 'environment variable'],
    [{ base_url: 'http://example.com/v1', api_key_env: 'K' }, 'base_url', 'unencrypted'],
    [{ base_url: 'https://me:hunter2@example.com/v1', api_key_env: 'K' }, 'base_url', 'api_key_env'],
    [{ base_url: 'file:///etc', api_key_env: 'K' }, 'base_url', ''],
    [{ api_key_env: 'sk-proj-abc' }, 'api_key_env', 'never the secret itself'],
    [{ api_key_env: 'K', api_key: 'x' }, 'api_key', 'unknown key'],
  ])('%j is refused', (config, key, message) => {
    const found = problems(config)
    expect(found[0]).toMatchObject({ path: [key], message: expect.stringContaining(message) as string })
    for (const kept of ['hunter2', 'sk-proj-abc']) expect(JSON.stringify(found)).not.toContain(kept)
  })
})
