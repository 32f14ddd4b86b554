/**
 * The command line's beginning: runs when it is imported, by `bin/groundplan.js` or by Node itself.
 */
import { setFlagsFromString } from 'node:v8'
import { run } from './run.ts'
import { processTerminal } from './terminal.ts'

// PostgreSQL in WebAssembly is as fast with few of its functions optimized: those that run all the time. V8 would begin
// with hundreds of them at each start, which takes a second of the processor.
setFlagsFromString('--wasm-tiering-budget=500000000')

process.exitCode = await run(process.argv.slice(2), processTerminal())
