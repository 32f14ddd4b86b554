/**
 * `npm start`: installs what is missing, builds what changed, and starts everything. Options after `--` go to
 * `groundplan start`.
 */
import { requireNode } from './lib/node.mjs'
import { report } from './lib/progress.mjs'
import { root } from './lib/root.mjs'
import { serve } from './lib/serve.mjs'

requireNode()
serve(root, 'start', process.argv.slice(2)).catch(report)
