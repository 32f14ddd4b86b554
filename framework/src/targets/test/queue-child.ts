/**
 * A process that sends steps and works on them until it is killed. It is told with which step each line goes on, and says
 *   s LINE STEP  a step was sent
 *   w COUNT      so many steps were worked on since it began
 *   idle         all was sent, and nothing waits
 */
import { writeSync } from 'node:fs'
import { sleep } from '../../contract/clock.ts'
import { systemClock } from '../../embedded/clock.ts'
import { seed } from '../../plan/seed.ts'
import { embedded } from '../embedded.ts'
import { jobs, walkPlan } from './queue-plan.ts'

/** What a line begins with. */
export type Word = 's' | 'w' | 'idle'

const [folder = '', stepsEach = '0', ...from] = process.argv.slice(2)
const say = (line: string): void => void writeSync(1, `${line}\n`)
const clock = systemClock()
const target = embedded({ folder, baseUrl: 'http://localhost', clock, logs: () => {} })
const runtime = await target.start(walkPlan, { settings: {}, secrets: {} })

const { uses, handle } = seed({
  uses: { jobs: jobs.sender },
  async handle(_call, { jobs }) {
    const sendLine = async (first: number, line: number): Promise<void> => {
      for (let step = first; step < Number(stepsEach); step++) {
        await jobs.send({ line, step }, { id: `${line}.${step}` })
        say(`s ${line} ${step}`)
      }
    }
    await Promise.all(from.map((first, line) => sendLine(Number(first), line)))
    return []
  },
})
const sending = runtime.as('test', uses, handle)
const [started] = target.started
if (!started) throw new Error('it was not started')
const { queues, store } = started.drivers
const worked = async () => (await store.count('steps')) + (await queues.counts('jobs')).dead
const atFirst = await worked()
let isSent = false
void sending.then(() => {
  isSent = true
})
for (;;) {
  const { ready, leased, delayed } = await queues.counts('jobs')
  say(`w ${(await worked()) - atFirst}`)
  if (isSent && ready + leased + delayed === 0) break
  await sleep(clock, 5)
}
say('idle')
setInterval(() => {}, 60_000)
