/**
 * Refuses a Node that is too old, before anything else runs. Written so that even such a Node can read it.
 */
import { readFileSync } from 'node:fs'

/**
 * What to tell somebody whose Node is older than `engines.node` of the root package asks for.
 * @param {string} running such as `18.20.1`
 * @param {string} wanted such as `>=20.19`
 * @returns {string | undefined} nothing when the running Node is new enough
 */
export function tooOld(running, wanted) {
  const have = numbers(running)
  const want = numbers(wanted)
  const newer = have[0] > want[0] || (have[0] === want[0] && have[1] >= want[1])
  if (newer) return undefined
  return `Groundplan needs Node ${want.join('.')} or newer; this is Node ${running}.
Install a newer one from https://nodejs.org, or run \`nvm install\` here (the version stands in .nvmrc), and try again.`
}

/** Ends the process with code 1 and a clear message when Node is too old. */
export function requireNode() {
  const root = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const message = tooOld(process.versions.node, root.engines.node)
  if (message === undefined) return
  console.error(message)
  process.exit(1)
}

/**
 * @param {string} version
 * @returns {[number, number]} major, minor
 */
function numbers(version) {
  const [major = '0', minor = '0'] = version.replace(/^[^\d]*/, '').split('.')
  return [Number(major), Number(minor)]
}
