/** One server of the benchmark: a process of its own on core 0, checked to do what the others do. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { buildSync } from 'esbuild'

export interface Server {
  readonly name: string
  readonly url: string
  /** CPU time used so far, in µs. */
  cpuUs(): number
  /** Resolves when the process has ended. */
  stop(): Promise<void>
}

const tickUs = 1_000_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Bundles `servers/<name>.ts`, starts it pinned to core 0, and waits until it listens. */
export async function start(name: string, folder: string): Promise<Server> {
  const child = spawn('taskset', ['-c', '0', process.execPath, '--input-type=module', '-'], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(bundle(`${folder}/http/servers/${name}.ts`))
  const port = await portOf(child, name)
  return { name, url: `http://127.0.0.1:${port}`, cpuUs: () => cpuUs(child.pid ?? 0), stop: () => stopped(child) }
}

function bundle(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

function portOf({ stdout }: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    stdout?.on('data', piece => {
      text += piece
      const port = /^port (\d+)$/m.exec(text)?.[1]
      if (port !== undefined) resolve(port)
    })
    stdout?.on('end', () => reject(new Error(`the server ${name} ended before it listened`)))
  })
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    child.once('exit', () => resolve())
    if (child.exitCode !== null || !child.kill()) resolve()
  })
}

/** User and system time of a process, from the kernel. */
function cpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * tickUs
}
