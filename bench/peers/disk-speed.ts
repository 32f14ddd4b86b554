/**
 * The disk that contenders are measured on: as it is, or slowed down to so many `fdatasync` a second, for everybody of a
 * run alike: `strace` holds each flush of a process back by the same time, and touches no other call (`--seccomp-bpf`).
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface DiskSpeed {
  /** The command under which a process that makes something durable runs. */
  under(program: string, options: readonly string[]): readonly [program: string, options: readonly string[]]
  /** For people. */
  readonly said: string
}

export const asItIs: DiskSpeed = { under: (program, options) => [program, options], said: 'the disk as it is' }

/** `flushes`: the program that tells how many there are a second, with the folder to try. */
export async function slowedTo(
  perSecond: number,
  flushes: readonly [program: string, ...options: string[]],
): Promise<DiskSpeed> {
  let delayUs = 0
  let measured = await flushesUnder(delayUs, flushes)
  for (let tries = 0; tries < 4; tries++) {
    delayUs = Math.max(0, Math.round(delayUs + 1e6 / perSecond - 1e6 / measured))
    measured = await flushesUnder(delayUs, flushes)
  }
  const said = `each flush held back by ${delayUs} µs, which leaves ${Math.round(measured)} fdatasync/s`
  return { under: (program: string, options: readonly string[]) => held(delayUs, program, options), said }
}

async function flushesUnder(delayUs: number, [program, ...rest]: readonly [string, ...string[]]): Promise<number> {
  const [command, options] = held(delayUs, program, rest)
  const { stdout } = await promisify(execFile)(command, options)
  return Number(stdout)
}

/** `-D`: the process is our child, and strace is its; so signals reach it. */
function held(delayUs: number, program: string, options: readonly string[]): readonly [string, readonly string[]] {
  const calls = 'fdatasync,fsync'
  const delay = delayUs > 0 ? ['-e', `inject=${calls}:delay_exit=${delayUs}`] : []
  return [
    'strace',
    ['-D', '-f', '-qq', '--seccomp-bpf', '-o', '/dev/null', '-e', `trace=${calls}`, ...delay, program, ...options],
  ]
}
