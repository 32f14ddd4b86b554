/** `npm run lock`: adds to package-lock.json the packages for other platforms that npm left out (see lib/lock.mjs). */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { completed, missingPackages } from './lib/lock.mjs'
import { requireNode } from './lib/node.mjs'
import { root } from './lib/root.mjs'

requireNode()
const path = join(root, 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8'))
const missing = Object.keys(missingPackages(lock))
if (missing.length > 0) writeFileSync(path, `${JSON.stringify(completed(lock), null, 2)}\n`)
console.error(
  missing.length === 0 ? 'package-lock.json is complete.' : `Added ${missing.length} packages to package-lock.json.`,
)
