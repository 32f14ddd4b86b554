/**
 * The command line's beginning: runs when it is imported, by `bin/groundplan.js` or by Node itself.
 */
import { run } from './run.ts'
import { processTerminal } from './terminal.ts'

process.exitCode = await run(process.argv.slice(2), processTerminal())
