/** Programs of the tests, in processes of their own: bundled, because Node 20 reads no TypeScript. */
import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** The folder of the engine's sources, seen from this file. */
export function engineSource(): string {
  return dirname(dirname(fileURLToPath(import.meta.url)))
}

/** `name`: a file in this folder. `source`: the folder of the engine's sources. */
export async function bundled(name: string, source: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(source, 'test', name)],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** Starts a bundled program. `limit`: shell commands before it, for limits of the system. */
export function start(program: string, cwd: string, args: readonly string[], limit?: string): ChildProcess {
  const node = [process.execPath, '--input-type=module', '-', ...args]
  const [command = '', ...rest] = limit === undefined ? node : ['bash', '-c', `${limit}; exec "$@"`, 'bash', ...node]
  const child = spawn(command, rest, { cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin?.end(program)
  return child
}

/** Everything it says from now on, until it has said this or has ended. */
export function saidUntil({ stdout }: ChildProcess, words: string): Promise<string> {
  return new Promise(resolve => {
    let text = ''
    const end = (): void => {
      stdout?.off('data', hear)
      resolve(text)
    }
    const hear = (data: unknown): void => {
      text += data
      if (text.includes(words)) end()
    }
    stdout?.on('data', hear)
    stdout?.once('close', end)
  })
}
