/** The repository as the checks see it: one reading for all tests of a file. */
import { ruledFolders } from './arrows.ts'
import { pathsBelow, read, readCode, readManifests, type Tree } from './tree.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

/** All folders with code of ours. */
export const codeFolders = [...ruledFolders, 'framework/bin', 'bench', 'tools', 'scripts']

/** The code the arrows are for. */
export function ruledCode(): Tree {
  return readCode(ruledFolders)
}

/** All code of the repository, with the configuration files of the root. */
export function allCode(): Tree {
  return [...readCode(codeFolders), ...readCode(['']).filter(({ path }) => !path.includes('/'))]
}

export function workspace(): Workspace {
  return openWorkspace(readManifests(), pathsBelow(''))
}

/** Files that name programs by path. */
export function mentions(): Tree {
  const named = /(^|\/)(package\.json|Makefile|Dockerfile[\w.-]*|compose[\w.-]*\.ya?ml)$|^\.ci\//
  return read(pathsBelow('').filter(path => named.test(path)))
}

/** All pages of prose. */
export function pages(): Tree {
  return read(pathsBelow('').filter(path => path.endsWith('.md')))
}

/** All files somebody wrote as text. */
export function texts(): Tree {
  const binary = /\.(png|jpe?g|gif|ico|woff2?|ttf|pdf|parquet|mp4|zip|gz)$/i
  return read(pathsBelow('').filter(path => !binary.test(path)))
}
