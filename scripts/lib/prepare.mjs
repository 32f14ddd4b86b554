/**
 * Brings a checkout to where it can run: packages installed, everything built. Says nothing when there is nothing to do.
 */
import { compileAll, dueBuilds } from './builds.mjs'
import { install, needsInstall, packageCount } from './install.mjs'
import { createProgress } from './progress.mjs'

/**
 * @param {string} root
 * @returns {Promise<boolean>} whether there was something to do
 */
export async function prepare(root) {
  const mustInstall = needsInstall(root)
  const builds = dueBuilds(root)
  const progress = createProgress(builds.length + (mustInstall ? 1 : 0))
  if (mustInstall) await progress.step(`Installing ${packageCount(root)} packages`, () => install(root))
  const [failure] = await compileAll(root, progress, builds)
  if (failure !== undefined) throw failure
  return mustInstall || builds.length > 0
}

/**
 * Installs alone, for what needs no build.
 * @param {string} root
 */
export async function prepareTools(root) {
  if (!needsInstall(root)) return
  await createProgress(1).step(`Installing ${packageCount(root)} packages`, () => install(root))
}
