/**
 * Drives one job queue through three phases and prints what it measured as JSON: adding (64 in flight, each awaited),
 * working off what was added (no-op handler, 64 at a time), and the time from adding to handling at a steady rate.
 * `node drive.mjs <contender> '{"seconds":3, …}'`; a contender is a module that gives
 * `open(config) → { add(job), bulk?(jobs), work(handle), close() }`. `jobs`: where fewer were added, so many are worked
 * off all the same: what adds slowly would show its start, not its pace.
 */
const [name, text] = process.argv.slice(2)
const config = JSON.parse(text)
const { open } = await import(`./${name}.mjs`)
const note = 'about 130 bytes of body in all, as small jobs are: an order, its customer'
const engine = await open(config)
let added = 0
let handled = 0
let hear = () => {}

async function adding(milliseconds) {
  const until = performance.now() + milliseconds
  const writer = async () => {
    while (performance.now() < until) await engine.add(jobOf(added++))
  }
  await Promise.all(Array.from({ length: 64 }, writer))
}

async function filling(jobs) {
  while (added < jobs) {
    const some = Array.from({ length: Math.min(500, jobs - added) }, () => jobOf(added++))
    await (engine.bulk ? engine.bulk(some) : Promise.all(some.map(job => engine.add(job))))
  }
}

function jobOf(n) {
  return { n, at: performance.now(), customer: 'customer-7', note }
}

/** Until all that was added is handled; false when that takes too long. */
function drained(milliseconds) {
  return new Promise(resolve => {
    const late = setTimeout(() => resolve(false), milliseconds)
    const look = () => {
      if (handled < added) return
      clearTimeout(late)
      resolve(true)
    }
    hear = look
    look()
  })
}

/** Microseconds of the processor, of this process's threads: of use where a machine is shared. */
function usedUs(since) {
  const { user, system } = process.cpuUsage(since)
  return user + system
}

const start = performance.now()
const startCpu = process.cpuUsage()
await adding(config.seconds * 1_000)
const addPerSecond = added / ((performance.now() - start) / 1_000)
const addCpuUs = usedUs(startCpu) / added

await filling(config.jobs ?? 0)

const taken = []
let measuring = false
const workStart = performance.now()
const workCpu = process.cpuUsage()
await engine.work(async ({ at }) => {
  handled += 1
  if (measuring) taken.push(performance.now() - at)
  hear()
})
const whole = await drained(config.mostSeconds * 1_000)
const workPerSecond = handled / ((performance.now() - workStart) / 1_000)
const workCpuUs = usedUs(workCpu) / handled

let latency
if (whole) {
  measuring = true
  const from = performance.now()
  let failed
  for (let sent = 0; performance.now() - from < config.seconds * 1_000; ) {
    for (; sent < (performance.now() - from) / 2; sent++) {
      engine.add(jobOf(added++)).catch(error => (failed = error))
    }
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  if (failed) throw failed
  if (await drained(5_000)) {
    taken.sort((one, other) => one - other)
    latency = { p50: taken[Math.floor(taken.length * 0.5)], p99: taken[Math.floor(taken.length * 0.99)] }
  }
}
await engine.close()
process.stdout.write(
  `${JSON.stringify({ addPerSecond, workPerSecond, addCpuUs, workCpuUs, whole, ...latency })}\n`,
  () => process.exit(0),
)
