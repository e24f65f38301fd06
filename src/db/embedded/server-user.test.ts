import { expect, test } from 'vitest'
import { chooseServerUser, commandAs, type UserFacts } from './server-user.ts'

const postgres = { name: 'postgres', uid: 101, gid: 104 }
const nobody = { name: 'nobody', uid: 65534, gid: 65534 }
const facts = (changes: Partial<UserFacts>): UserFacts => ({
  isRoot: true,
  accounts: [nobody, postgres],
  canReach: async () => true,
  canMapUsers: async () => true,
  ...changes,
})

const CASES: readonly (readonly [string, Partial<UserFacts>, string])[] = [
  ['a normal user runs it as himself', { isRoot: false }, 'ourselves'],
  ['root runs it as postgres', {}, 'postgres'],
  ['without postgres, as nobody', { accounts: [nobody] }, 'nobody'],
  ['where postgres may not enter, as nobody', { canReach: async (account) => account.name === 'nobody' }, 'nobody'],
  ['where neither may, in a user namespace', { canReach: async () => false }, 'namespace'],
  ['where nothing works, not at all', { canReach: async () => false, canMapUsers: async () => false }, 'rejected'],
]
for (const [name, changes, expected] of CASES) {
  test(name, async () => {
    const chosen = await chooseServerUser(facts(changes))
    const how = chosen.ok ? (chosen.value.as === 'account' ? chosen.value.name : chosen.value.as) : chosen.error.kind
    expect(how).toBe(expected)
  })
}

test('the refusal says what to do', async () => {
  const refused = await chooseServerUser(facts({ canReach: async () => false, canMapUsers: async () => false }))
  expect(refused.ok ? '' : refused.error.message).toMatch(/normal user.*chmod o\+x.*database\.dsn_env/)
})

test('in a namespace the program keeps its arguments', () => {
  const { command, args } = commandAs({ as: 'namespace' }, '/bin/postgres', ['-D', '/x'])
  expect([command, ...args.slice(-3)]).toEqual(['unshare', '/bin/postgres', '-D', '/x'])
})
