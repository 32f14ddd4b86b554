/**
 * Writes while the system is slow to flush, or fails to. Says `open`; what becomes visible and durable, in this order; or
 * what is refused.
 */
import { writeSync } from 'node:fs'
import { isFault } from '../../contract/problems.ts'
import { openEnvironment } from '../environment.ts'

/** What a line begins with. */
export type Word = 'open' | 'visible' | 'durable' | 'refused' | 'closed'

const [folder = ''] = process.argv.slice(2)
const say = (text: string): void => void writeSync(1, `${text}\n`)
const environment = openEnvironment(folder, { plan: 'test' })
const key = (name: string): Buffer => Buffer.from(name)
say('open')

async function write(name: string, durable: boolean): Promise<void> {
  try {
    await environment.transactions.write(() => () => void environment.items.put(key(name), name), durable)
    say(`${durable ? 'durable' : 'visible'} ${environment.items.get(key(name))}`)
  } catch (error) {
    say(`refused ${name}: ${isFault(error) ? error.message : error}`)
  }
}

// Two transactions: the second begins when the first is visible.
await Promise.all([write('a', true), write('b', false).then(() => write('c', false))])
await write('later', true)
await environment.close()
say('closed')
// A process whose disk has failed ends by force: the package would wait for the flush that never came.
process.kill(process.pid, 'SIGKILL')
