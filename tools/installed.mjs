// Exits 0 if node_modules holds what package-lock.json says, by npm's own record of the last install.
import { readFileSync } from 'node:fs'

function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return null
  }
}

const wanted = packagesOf('package-lock.json')
const installed = packagesOf('node_modules/.package-lock.json')
const upToDate =
  wanted !== null &&
  installed !== null &&
  Object.entries(wanted).every(([path, entry]) => path === '' || entry.optional || installed[path]?.version === entry.version)
process.exit(upToDate ? 0 : 1)
