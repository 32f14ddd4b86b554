/** How many fdatasync a second a folder's disk does for a process like this one: `node flushes.mjs <folder>`. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const path = join(process.argv[2], `probe-${process.pid}`)
const file = openSync(path, 'w+')
const page = Buffer.alloc(4_096, 1)
let count = 0
const start = performance.now()
for (; performance.now() - start < 700; count++) {
  writeSync(file, page, 0, page.length, 0)
  fdatasyncSync(file)
}
const perSecond = (count * 1_000) / (performance.now() - start)
closeSync(file)
rmSync(path)
console.log(perSecond.toFixed(0))
