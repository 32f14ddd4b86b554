/**
 * PostgreSQL's program, compiled for as long as a test process lives. V8 shares what it has compiled of a WebAssembly
 * program with whoever compiles the same, in any thread, while somebody holds it; else each database that a test opens
 * would begin with a third of a second of that.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './tree.ts'

const held = Symbol.for('groundplan: the program of PostgreSQL')

// The types of Node 20 do not know it.
const { compile } = Reflect.get(globalThis, 'WebAssembly')

if (!Reflect.has(globalThis, held)) {
  const program = readFileSync(join(root, 'node_modules/@electric-sql/pglite/dist/pglite.wasm'))
  Reflect.set(globalThis, held, compile(program))
}
