/**
 * Claim: on PostgreSQL no acknowledged write or message is lost when the process, or the server and all that it has
 * started, is killed by SIGKILL under load, 50 times. Commits are whole or not at all; each message is heard of, or waits.
 *
 * `--kills=50`: half of the process, half of the server. The server has its durability as it comes; `--unsafe` takes it
 * away (`synchronous_commit=off`), so that one sees that losses are counted.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { startServer } from '../../drivers/postgres/src/test/cluster.ts'
import { killed } from '../../drivers/postgres/src/test/kills.ts'

const root = resolve(process.cwd(), '..')
const given = process.argv.find(argument => argument.startsWith('--kills='))?.slice('--kills='.length)
const kills = Number(given ?? 50)
const unsafe = process.argv.includes('--unsafe')
const folder = join(root, '.groundplan/bench')
const writer = join(folder, `writer-${process.pid}.mjs`)

// Below the repository: its packages are found from there.
mkdirSync(folder, { recursive: true })
buildSync({
  entryPoints: [join(root, 'drivers/postgres/src/test/writer-child.ts')],
  ...{ bundle: true, platform: 'node', format: 'esm', target: 'es2022' },
  ...{ conditions: ['groundplan-source'], external: ['pg'], outfile: writer },
})
const server = await startServer({ safe: true, settings: unsafe ? ['synchronous_commit=off'] : [] })
try {
  console.log('| killed | times | commits acknowledged | lost | torn | messages unheard | seconds |')
  console.log('|---|---|---|---|---|---|---|')
  let failed = false
  for (const what of ['process', 'server'] as const) {
    const from = performance.now()
    const { acknowledged, lost, torn, unheard } = await killed(server, what, Math.ceil(kills / 2), [writer])
    const seconds = Math.round((performance.now() - from) / 1_000)
    console.log(
      `| the ${what} | ${Math.ceil(kills / 2)} | ${acknowledged} | ${lost} | ${torn} | ${unheard} | ${seconds} |`,
    )
    failed ||= lost + torn + unheard > 0
  }
  if (failed !== unsafe) process.exitCode = 1
} finally {
  await server.remove()
  rmSync(writer, { force: true })
}
