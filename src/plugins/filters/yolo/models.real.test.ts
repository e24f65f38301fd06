import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { listenHttp } from '../../../testkit/http-fake.ts'
import { onnxModel } from '../../../testkit/onnx-models.ts'
import { listModels, pullModel, resolveModel } from './models.ts'

const never = new AbortController().signal
const MODEL = onnxModel({ outputs: [{ name: 'output0', dims: [1, 300, 6], data: new Float32Array(1800) }] })
const folder = () => mkdtempSync(join(tmpdir(), 'homesec-models-'))

const servers: AsyncDisposable[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = await listenHttp(listener)
  servers.push(server)
  return `${server.url}/`
}

test('a model is fetched once, with progress, and then it is there', async () => {
  const asked: unknown[] = []
  const baseUrl = await serve(({ url }, response) => {
    asked.push(url)
    response.setHeader('content-length', MODEL.length).end(MODEL)
  })
  const models = folder()
  const seen: unknown[] = []
  const options = { baseUrl, signal: never, onProgress: (...progress: unknown[]) => void seen.push(progress) }
  const path = join(models, 'yolox_nano.onnx')
  expect(await pullModel('yolox_nano', models, options)).toEqual({ ok: true, value: path })
  expect(await pullModel('yolox_nano', models, options)).toEqual({ ok: true, value: path })
  expect(readFileSync(path).equals(MODEL)).toBe(true)
  expect(asked).toEqual(['/yolox_nano.onnx'])
  expect(seen.at(-1)).toEqual([MODEL.length, MODEL.length])
  expect((await listModels(models)).map(({ name, installed }) => [name, installed])).toEqual([
    ['yolox_nano', true],
    ['yolox_tiny', false],
    ['yolox_s', false],
    ['yolox_m', false],
  ])
})

test.each<[string, RequestListener, string]>([
  ['a file that is no model', (_, response) => void response.end('<html>please log in</html>'), 'rejected'],
  ['an error', (_, response) => void response.writeHead(503).end('secret page'), 'unavailable'],
  [
    'a broken connection',
    (_, response) => void response.writeHead(200, { 'content-length': 1e6 }).write('x', () => response.destroy()),
    'unavailable',
  ],
])('%s leaves nothing behind', async (_, listener, kind) => {
  const models = folder()
  const pulled = await pullModel('yolox_nano', models, { baseUrl: await serve(listener), signal: never })
  expect(pulled).toMatchObject({ ok: false, error: { kind } })
  expect(pulled.ok || pulled.error.message).not.toContain('secret')
  expect(readdirSync(models)).toEqual([])
})

test('no internet is unavailable, an abort is cancelled', async () => {
  const models = folder()
  expect(await pullModel('yolox_nano', models, { baseUrl: 'http://127.0.0.1:1/', signal: never })).toMatchObject({
    error: { kind: 'unavailable' },
  })
  expect(await pullModel('yolox_nano', models, { baseUrl: 'http://127.0.0.1:1/', signal: AbortSignal.abort() })).toMatchObject({
    error: { kind: 'cancelled' },
  })
})

test('a name that is not offered is used when its file is there, and explained when not', async () => {
  const models = folder()
  expect(await resolveModel('yolov8n', models)).toMatchObject({
    ok: false,
    error: {
      kind: 'rejected',
      message: expect.stringMatching(
        /not offered for download because of its licence \(AGPL\): put it at .*yolov8n\.onnx, or use one of yolox_nano, /,
      ) as string,
    },
  })
  writeFileSync(join(models, 'yolov8n.onnx'), MODEL)
  expect(await resolveModel('yolov8n', models)).toEqual({
    ok: true,
    value: { name: 'yolov8n', path: join(models, 'yolov8n.onnx'), missing: null },
  })
})

test('a path is taken as it is, or missed', async () => {
  const path = join(folder(), 'my.onnx')
  expect(await resolveModel(path, '/models')).toMatchObject({
    ok: false,
    error: { kind: 'rejected', message: `there is no model file ${path}` },
  })
  writeFileSync(path, MODEL)
  expect(existsSync(path)).toBe(true)
  expect(await resolveModel(path, '/models')).toEqual({ ok: true, value: { name: 'my', path, missing: null } })
})
