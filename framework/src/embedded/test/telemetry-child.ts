/** A process that keeps telemetry until it is killed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const program = `
import { systemClock } from './clock.ts'
import { openTelemetry } from './telemetry.ts'
const clock = systemClock()
const store = openTelemetry(process.argv[2], { plan: 'counter', clock })
let number = 0
setInterval(() => {
  number++
  store.log({ level: 'info', atMs: clock.now(), plan: 'counter', message: String(number) })
  process.stdout.write(number + ' ' + Date.now() + '\\n')
}, 5)
`

interface Killed {
  /** What it had given to the store, and when. */
  readonly told: readonly { readonly number: number; readonly atMs: number }[]
  readonly killedAtMs: number
}

/** Lets a process write some two seconds into a folder, then kills it. */
export async function killedWriter(folder: string): Promise<Killed> {
  const resolveDir = dirname(dirname(fileURLToPath(import.meta.url)))
  const bundle = { bundle: true, packages: 'external', platform: 'node', format: 'esm', write: false } as const
  const { outputFiles } = await build({ stdin: { contents: program, resolveDir, loader: 'ts' }, ...bundle })
  const child = spawn(process.execPath, ['--input-type=module', '-', folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(outputFiles[0]?.text ?? '')
  let text = ''
  let killedAtMs = 0
  child.stdout.on('data', data => {
    text += data
    if (killedAtMs > 0 || text.split('\n').length < 400) return
    killedAtMs = Date.now()
    child.kill('SIGKILL')
  })
  await once(child, 'close')
  const lines = text.split('\n').slice(0, -1)
  const told = lines.map(line => line.split(' ').map(Number)).map(([number = 0, atMs = 0]) => ({ number, atMs }))
  return { told, killedAtMs }
}
