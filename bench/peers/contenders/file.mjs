/**
 * The reference: an append-only file with group commit, and nothing else a queue has. What is added at a moment is
 * written together and flushed once; so are the marks of what is done.
 */
import { open as openFile } from 'node:fs/promises'
import { join } from 'node:path'

export async function open({ folder }) {
  const file = await openFile(join(folder, 'jobs.log'), 'a')
  const waiting = []
  let lines = []
  let told = []
  let flushing = false
  let flushed = Promise.resolve()
  let worker = () => {}

  async function flush() {
    flushing = true
    while (lines.length > 0) {
      const [text, heard] = [lines.join(''), told]
      lines = []
      told = []
      await file.write(text)
      await file.datasync()
      for (const tell of heard) tell()
    }
    flushing = false
  }
  const kept = line =>
    new Promise(resolve => {
      lines.push(line)
      told.push(resolve)
      if (!flushing) flushed = flush()
    })
  return {
    async add(job) {
      await kept(`${JSON.stringify(job)}\n`)
      waiting.push(job)
      worker()
    },
    async work(handle) {
      let running = 0
      let next = 0
      const one = async job => {
        await handle(job)
        await kept(`done ${job.n}\n`)
        running -= 1
        worker()
      }
      worker = () => {
        for (; running < 64 && next < waiting.length; running++) void one(waiting[next++])
      }
      worker()
    },
    async close() {
      // What was just handled is still to be marked as done.
      await new Promise(resolve => setTimeout(resolve, 50))
      while (flushing) await flushed
      await file.close()
    },
  }
}
