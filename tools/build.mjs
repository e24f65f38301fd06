// Compiles src/ into dist/, copies what is not TypeScript, and removes what no longer has a source.
// In place and never emptied first: a HomeSec that runs from dist/ meanwhile keeps its lazily imported files.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

const ASSET = /[.](sql|json|html|css|svg)$/
const root = join(import.meta.dirname, '..')
const src = join(root, 'src')
const dist = join(root, 'dist')

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const compiled = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' })
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

for (const asset of filesIn(src).filter((file) => ASSET.test(file))) {
  mkdirSync(dirname(join(dist, asset)), { recursive: true })
  copyFileSync(join(src, asset), join(dist, asset))
}

const sourceOf = (file) => join(src, file.replace(/([.]d)?[.](ts|js)$/, '.ts'))
for (const file of filesIn(dist)) {
  if (file !== '.built' && !existsSync(sourceOf(file))) rmSync(join(dist, file))
}

if (existsSync(join(dist, 'main.js'))) chmodSync(join(dist, 'main.js'), 0o755)
writeFileSync(join(dist, '.built'), '')
