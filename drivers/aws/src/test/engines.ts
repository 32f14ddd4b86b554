/**
 * The stand-ins that `npm run engines -- up` started. Tests that need one which is not running are skipped, and say so.
 */
import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'

const file = fileURLToPath(new URL('../../../../.groundplan/engines/running.json', import.meta.url))

export interface Engine {
  readonly endpoint: string
  readonly pid: number
  readonly folder: string
  /** Where it asks who somebody is. */
  readonly user?: string
  readonly password?: string
}

/** Runs tests against an engine, or says that they did not run. */
export function against(name: string, tests: (engine: Engine) => void): Promise<void> {
  return allOf([name], tests)
}

/** Runs tests that need several, which they get in the order of the names. */
export async function allOf(
  names: readonly string[],
  tests: (...engines: [Engine, Engine, Engine, Engine]) => void,
): Promise<void> {
  const running = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Engine>) : {}
  const found = names.map(name => running[name])
  const there = await Promise.all(found.map(each => each !== undefined && answers(each.endpoint)))
  const [one, other = one, third = one, fourth = one] = found
  if (one && other && third && fourth && !there.includes(false)) return tests(one, other, third, fourth)
  const missing = names.filter((_, at) => !there[at]).join(' ')
  const why = `not running here: npm run engines -- up ${missing}`
  console.warn(`SKIPPED: ${missing} is ${why}`)
  describe(missing, () => {
    it.skip(why)
  })
}

function answers(endpoint: string): Promise<boolean> {
  const { hostname, port } = new URL(endpoint)
  return new Promise(resolve => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => {
      resolve(true)
      socket.destroy()
    })
    socket.once('error', () => resolve(false))
  })
}

/** Any will do for the stand-ins. */
export const credentials = { accessKeyId: 'groundplan', secretAccessKey: 'groundplan-secret' }
