/**
 * `npm run dev`: the same as `npm start`, and each file that is saved is taken in. Options after `--` go to
 * `groundplan dev`.
 */
import { requireNode } from './lib/node.mjs'
import { report } from './lib/progress.mjs'
import { root } from './lib/root.mjs'
import { serve } from './lib/serve.mjs'

requireNode()
serve(root, 'dev', process.argv.slice(2)).catch(report)
