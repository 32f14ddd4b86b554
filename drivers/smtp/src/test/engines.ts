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
  readonly folder: string
  readonly user: string
  readonly password: string
}

/** Runs tests against an engine, or says that they did not run. */
export async function against(name: string, tests: (engine: Engine) => void): Promise<void> {
  const running = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Engine>) : {}
  const found = running[name]
  if (found && (await answers(found.endpoint))) return tests(found)
  const why = `${name} is not running here: npm run engines -- up ${name}`
  console.warn(`SKIPPED: ${why}`)
  describe(name, () => {
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
