/**
 * Claim: a call through our door, with everything a gateway does (routing, limits, safe headers, throttle, tracing),
 * costs little more than bare `node:http` that does the same validation, and less than Fastify.
 *
 * Servers on core 0, wrk on core 1, in rounds that take turns. Ratios are taken pair by pair inside a round.
 * Options: `--rounds=5 --seconds=4 --wait=20` (seconds to wait for a quiet machine before each round),
 * `--servers=bare,groundplan` (the first is what the others are compared with).
 */
import { check } from './check.ts'
import { type Kind, load, type Measured, quiet } from './load.ts'
import { type Server, start } from './server.ts'

const names = textOption('servers', 'bare,fastify,hono,groundplan').split(',')
const kinds: readonly Kind[] = ['post', 'get']

interface Round {
  readonly kind: Kind
  readonly by: ReadonlyMap<string, Measured>
}

async function main(): Promise<void> {
  const [rounds, seconds, wait] = [option('rounds', 5), option('seconds', 4), option('wait', 20)]
  const servers: Server[] = []
  try {
    for (const name of names) servers.push(await start(name, process.cwd()))
    for (const server of servers) await check(server)
    for (const server of servers) for (const kind of kinds) load(server, kind, Math.max(seconds - 1, 1))
    const done: Round[] = []
    let disturbed = 0
    for (let round = 0; round < rounds; round++) {
      for (const kind of kinds) {
        if (!(await quiet(wait))) disturbed += 1
        done.push({ kind, by: new Map(servers.map(server => [server.name, load(server, kind, seconds)])) })
      }
    }
    for (const kind of kinds)
      console.log(
        table(
          kind,
          done.filter(round => round.kind === kind),
        ),
      )
    if (disturbed > 0)
      console.log(`${disturbed} of ${done.length} rounds were run while the machine did something else.`)
  } finally {
    for (const server of servers) await server.stop()
  }
}

function option(name: string, usual: number): number {
  return Number(textOption(name, String(usual)))
}

function textOption(name: string, usual: string): string {
  const given = process.argv.find(each => each.startsWith(`--${name}=`))
  return given === undefined ? usual : given.slice(name.length + 3)
}

function table(kind: Kind, rounds: readonly Round[]): string {
  const lines = names.map(name => {
    const own = rounds.flatMap(({ by }) => by.get(name) ?? [])
    const against = (ratio: (bare: Measured, it: Measured) => number): string =>
      median(rounds.flatMap(({ by }) => pair(by, name, ratio))).toFixed(2)
    const speeds = own.map(({ perSecond }) => perSecond)
    const range = `${Math.round(median(speeds))} (${Math.round(Math.min(...speeds))}–${Math.round(Math.max(...speeds))})`
    const times = `${median(own.map(each => each.p50Ms)).toFixed(1)} / ${median(own.map(each => each.p99Ms)).toFixed(1)}`
    const cpu = median(own.map(each => each.cpuUs)).toFixed(1)
    const cpuRatio = against((bare, it) => bare.cpuUs / it.cpuUs)
    return `| ${name} | ${range} | ${against((bare, it) => it.perSecond / bare.perSecond)} | ${cpu} | ${cpuRatio} | ${times} |`
  })
  const title = kind === 'post' ? 'POST /orders/:id' : 'GET /hello'
  return [
    `| ${title} | req/s (min–max) | × ${names[0]} | CPU µs | × ${names[0]}, by CPU | p50 / p99 ms |`,
    '|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n')
}

function pair(by: ReadonlyMap<string, Measured>, name: string, ratio: (bare: Measured, it: Measured) => number) {
  const [bare, it] = [by.get(names[0] ?? ''), by.get(name)]
  return bare && it ? [ratio(bare, it)] : []
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

await main()
