/** Load by wrk from core 1: 64 connections that are kept. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { good } from './check.ts'
import type { Server } from './server.ts'

export type Kind = 'post' | 'get'

export interface Measured {
  readonly perSecond: number
  readonly cpuUs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** @throws when wrk is not installed, or an answer was no good one */
export function load(server: Server, kind: Kind, seconds: number): Measured {
  const before = server.cpuUs()
  const text = wrk(server.url + (kind === 'get' ? '/hello' : '/orders/42'), kind, seconds)
  const used = server.cpuUs() - before
  const requests = Number(/(\d+) requests in/.exec(text)?.[1])
  if (!(requests > 0) || /Non-2xx|Socket errors/.test(text)) throw new Error(`${server.name}, ${kind}:\n${text}`)
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    cpuUs: used / requests,
    p50Ms: milliseconds(/50%\s+([\d.]+\w+)/.exec(text)?.[1]),
    p99Ms: milliseconds(/99%\s+([\d.]+\w+)/.exec(text)?.[1]),
  }
}

function wrk(url: string, kind: Kind, seconds: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'groundplan-bench-'))
  const script = join(folder, 'post.lua')
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [[${JSON.stringify(good)}]]\n`,
  )
  const options = [
    '-c',
    '1',
    'wrk',
    '-t1',
    '-c64',
    `-d${seconds}s`,
    '--latency',
    ...(kind === 'post' ? ['-s', script] : []),
  ]
  try {
    return execFileSync('taskset', [...options, url], { encoding: 'utf8' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function milliseconds(text = ''): number {
  const [, amount, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? []
  return Number(amount) * (unit === 'us' ? 0.001 : unit === 's' ? 1_000 : 1)
}

/** Waits until others leave the machine alone, for `mostSeconds` at most; says whether they did. */
export async function quiet(mostSeconds: number): Promise<boolean> {
  for (let second = 0; second < mostSeconds; second++) {
    const before = cpuTimes()
    await new Promise(resolve => setTimeout(resolve, 1_000))
    const after = cpuTimes()
    if ((after.idle - before.idle) / (after.all - before.all) > 0.9) return true
  }
  return false
}

function cpuTimes(): { idle: number; all: number } {
  const [, ...times] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/)
  return { idle: Number(times[3]) + Number(times[4]), all: times.reduce((sum, time) => sum + Number(time), 0) }
}
