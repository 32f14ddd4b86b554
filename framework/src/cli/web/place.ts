/** Where a project's web front is. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../errors.ts'
import type { Project } from '../load.ts'

/** The folder that the config names as `web`, from the project's; undefined when it names none. */
export function frontFolder({ config, root, file }: Project): string | undefined {
  if (config.web === undefined) return undefined
  const folder = join(config.web) // without `./`
  if (existsSync(join(root, folder, 'package.json'))) return folder
  throw new Failure(`The web front "${config.web}" has no package.json`, `correct \`web\` in ${file}, or leave it away`)
}
