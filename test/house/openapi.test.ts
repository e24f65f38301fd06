import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PROBLEMS } from '../../src/contracts/api/problem.ts'
import { runApi } from '../../src/testkit/api-fixture.ts'

const DOCS = join(import.meta.dirname, '../../docs')

/** After a wanted change: `npx vitest run --project unit test/house/openapi.test.ts -u`, and commit the file. */
test('openapi.json is current', async () => {
  await using api = await runApi()
  const document: unknown = await (await api.fetch('/api/v1/openapi.json')).json()
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(join(DOCS, 'openapi.json'))
})

test('docs/api.md lists every route, and none that is not there', async () => {
  await using api = await runApi()
  const text = await readFile(join(DOCS, 'api.md'), 'utf8')
  const documented = [...text.matchAll(/^\| `((?:GET|POST|DELETE) [^`]+)` \|/gm)].map(([, route]) => route)
  const served = api.server.routes
    .filter(({ method }) => method !== 'HEAD')
    .map(({ method, url }) => `${method} ${url.replace(':id', '{id}')}`)
  expect(documented.sort()).toEqual(served.sort())
})

test('docs/api.md explains every error code with its status, and none that is not there', async () => {
  const text = await readFile(join(DOCS, 'api.md'), 'utf8')
  const documented = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d{3}) \|/gm)].map(([, code, status]) => `${code ?? ''} ${status ?? ''}`)
  expect(documented.sort()).toEqual(
    Object.entries(PROBLEMS)
      .map(([code, { status }]) => `${code} ${status}`)
      .sort(),
  )
})
