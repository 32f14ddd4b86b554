/**
 * Packages that not every project needs, such as those that write files for one host: found from the project's folder,
 * where `npm install` puts them, and loaded when a command asks for them.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { exitCodes, Failure } from './errors.ts'

/**
 * Loads a package of the project. Throws a failure that says how to install it where it is not there.
 * @param root the project's folder
 * @param name of the package, such as `@groundplan/server`
 * @typeParam Module what of it the command uses: this package does not depend on it
 */
export async function addOn<Module>(root: string, name: string): Promise<Module> {
  return await import(pathToFileURL(entryOf(root, name)).href)
}

/** The file it begins with. */
function entryOf(root: string, name: string): string {
  const { resolve } = createRequire(join(root, 'package.json'))
  try {
    return resolve(name)
  } catch (error) {
    if (!isThere(resolve, name)) {
      const message = `This needs the package ${name}, which is not installed`
      throw new Failure(message, `npm install --save-dev ${name}`, exitCodes.failed, error)
    }
    throw new Failure(`The package ${name} is there, but not built`, 'npm run build', exitCodes.failed, error)
  }
}

function isThere(resolve: NodeJS.RequireResolve, name: string): boolean {
  try {
    return resolve(`${name}/package.json`) !== ''
  } catch {
    return false
  }
}
