/** Processes of a test: programs in TypeScript that say lines, and that the test kills. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Child {
  readonly pid: number
  /** What it has said so far, line by line; a line that is not whole is none. */
  readonly lines: readonly string[]
  /** Resolves with the first line for which this holds. Rejects when it ends before it says one. */
  said(holds: (line: string, count: number) => boolean): Promise<string>
  /** Ends it as a kill or a power cut of the process would; resolves when it is gone. */
  kill(): Promise<void>
  /** Its exit code; null when it was killed. */
  readonly ended: Promise<number | null>
}

/**
 * Starts a program of the sources. What it says on standard error is shown.
 * `loader`: reads the sources' TypeScript. Default: `typescript.mjs` beside this file.
 */
export function startChild(
  program: URL,
  args: readonly string[],
  loader = new URL('./typescript.mjs', import.meta.url),
): Child {
  const options = ['--import', loader.href, '--conditions=groundplan-source']
  const child = spawn(process.execPath, [...options, fileURLToPath(program), ...args], {
    // The program ends with its input, and that ends with this process, however it ends.
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const listeners = new Set<() => void>()
  createInterface({ input: outputOf(child) }).on('line', line => {
    lines.push(line)
    for (const listener of listeners) listener()
  })
  return {
    pid: child.pid ?? 0,
    lines,
    ended,
    said: holds => firstLine(lines, holds, listeners, ended),
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function outputOf({ stdout }: ChildProcess): NodeJS.ReadableStream {
  if (!stdout) throw new Error('the program has no output')
  return stdout
}

function firstLine(
  lines: readonly string[],
  holds: (line: string, count: number) => boolean,
  listeners: Set<() => void>,
  ended: Promise<unknown>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = 0
    const look = (): void => {
      for (; seen < lines.length; seen++) {
        const line = lines[seen] ?? ''
        if (!holds(line, seen + 1)) continue
        listeners.delete(look)
        resolve(line)
        return
      }
    }
    listeners.add(look)
    look()
    void ended.then(() => reject(new Error(`the program ended after saying: ${lines.join(' | ').slice(-500)}`)))
  })
}
