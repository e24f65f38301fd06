import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Once for all files of this project: the tests run what is shipped, not what is written. */
export default function build(): void {
  execFileSync(process.execPath, ['tools/build.mjs'], { cwd: join(import.meta.dirname, '..', '..', '..'), stdio: 'inherit' })
}
