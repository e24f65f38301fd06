import { expect, test } from 'vitest'
import { CANARY_SECRET } from '../../../testkit/notifier-contract.ts'
import { configNames } from '../../../testkit/plugin-host.ts'
import { telegramNotifier } from './plugin.ts'

test.each([
  [{}, ['token_env']],
  [{ token_env: 'T' }, ['chat_id']],
  [{ token_env: 'T', chat_id: 1, chat_id_env: 'C' }, ['chat_id']],
  [{ token_env: '1:abc', chat_id: 1 }, ['token_env']],
  [{ token_env: 'T', chat_id: 'my group' }, ['chat_id']],
  [{ token_env: 'T', chat_id: '@home_alerts', api_url: 'http://api.example' }, ['api_url']],
  [{ token_env: 'T', chat_id: 1, token: CANARY_SECRET }, ['token']],
  [{ token_env: 'T', chat_id: -1001234567890, silent_below: 'high', api_url: 'http://nas:8081' }, []],
])('a mistake is reported at its path: %j', (config, paths) => {
  const problems = telegramNotifier.problems(config, configNames())
  expect(problems.map((problem) => problem.path.join('.'))).toEqual(paths)
  expect(JSON.stringify(problems)).not.toContain(CANARY_SECRET)
})
