/**
 * Plain GETs at a steady rate, in a process of their own: what the flood costs its sender is not taken for what it costs
 * the server's others. A line on its input begins a measurement, the next one ends it; the milliseconds of each GET are
 * one line of its output.
 */
import { Agent, get } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'

const url = `${process.argv[2]}/api/shop/api/open`
// Let go of before the server does: whoever asks on a connection in the moment in which it is ended gets no answer.
const agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 64, timeout: 2_000 })
let took: number[] = []
let isOver = false

function asked(): Promise<void> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const asking = get(url, { agent }, response => {
      response.resume()
      response.once('end', () => {
        took.push(performance.now() - began)
        resolve()
      })
    })
    asking.once('error', reject)
  })
}

/** One every five milliseconds, whatever the answers take. */
async function steadily(): Promise<void> {
  for (let next = performance.now(); !isOver; next += 5) {
    const early = next - performance.now()
    if (early > 0) await wait(early)
    void asked()
  }
}

async function commanded(): Promise<void> {
  let isMeasuring = false
  for await (const _line of createInterface(process.stdin)) {
    if (isMeasuring) console.log(JSON.stringify(took))
    took = []
    isMeasuring = !isMeasuring
  }
  isOver = true
}

// Connections are opened beforehand: these are about requests.
await Promise.all(Array.from({ length: 64 }, asked))
console.log('ready')
await Promise.all([steadily(), commanded()])
agent.destroy()
