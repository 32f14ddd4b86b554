/**
 * Sample data: `groundplan start --seed`, or `groundplan seed __name__`. Run again, it adds nothing.
 */
import { seed } from 'groundplan'
import { entries } from './plan.ts'

export default seed({
  uses: { entries: entries.writer },
  async handle({ at }, { entries }) {
    const entry = { entryId: 'first', name: 'Ada', text: 'Hello!', writtenAt: at.toISOString(), checked: true }
    await entries.insert(entry).or(undefined)
    return ['one entry, by Ada']
  },
})
