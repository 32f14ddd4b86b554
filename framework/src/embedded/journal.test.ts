/** The journal by itself: what is found of it, whatever a power cut or a damaged disk has left. */
import { cpSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Journal, journalAfter } from './journal.ts'
import { changesIn, JournalRecord } from './journal-record.ts'
import { temporaryFolder } from './test/folder.ts'

let folder: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => folder.remove())

const file = (number: number): string => join(folder.path, `journal-${number}`)

function recordOf(text: string): JournalRecord {
  const record = new JournalRecord()
  record.putText(1, Buffer.from('key'), text)
  record.remove(2, Buffer.from('gone'))
  record.put(3, Buffer.from([0, 255]), Buffer.from('value'))
  return record
}

/** The texts of what is found. */
function found(after = 0): readonly string[] {
  return journalAfter(folder.path, after).records.map(({ changes }) => {
    const [first, second, third] = [...changesIn(changes)]
    expect(second).toEqual({ book: 2, key: Buffer.from('gone') })
    expect(third).toEqual({ book: 3, key: Buffer.from([0, 255]), value: Buffer.from('value') })
    return `${first?.value}`
  })
}

/** Appends and flushes, and turns after some. Gives where each record ends in its file. */
async function written(texts: readonly string[], turnAfter = Number.POSITIVE_INFINITY): Promise<readonly number[]> {
  const journal = Journal.open(folder.path, 0)
  const ends: number[] = []
  for (const [at, text] of texts.entries()) {
    if (at > 0 && at % turnAfter === 0) journal.turn()
    journal.append(recordOf(text))
    await journal.flush()
    ends.push(64 + journal.bytes)
  }
  journal.close()
  return ends
}

/** The file, with one byte of it changed. */
function spoil(number: number, position: number): void {
  const bytes = readFileSync(file(number))
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0x10, position)
  writeFileSync(file(number), bytes)
}

describe('the journal', () => {
  it('gives its records in the order they were written, over all files, from any of them on', async () => {
    const texts = ['a', 'Ü€😀', '', 'x'.repeat(200_000), 'e', 'f', 'g']
    await written(texts, 2)
    // Three files: the first two records were written over.
    expect(found(2)).toEqual(texts.slice(2))
    expect(found(5)).toEqual(['f', 'g'])
    expect(found(7)).toEqual([])
  })

  it('ends before the record that was being written, wherever that was cut off', async () => {
    const [, before = 0, end = 0] = await written(['a', 'b', 'c'])
    // Where the file ends, and where what was there before goes on.
    const whole = readFileSync(file(0))
    for (let cut = before; cut < end; cut++) {
      truncateSync(file(0), cut)
      expect(found()).toEqual(['a', 'b'])
      writeFileSync(file(0), Buffer.concat([whole.subarray(0, cut), Buffer.alloc(100, 0xaa)]))
      expect(found()).toEqual(['a', 'b'])
    }
    writeFileSync(file(0), whole)
    expect(found()).toEqual(['a', 'b', 'c'])
  })

  it('is refused, and left as it is, when a record is damaged that a later one says was flushed', async () => {
    const ends = await written(['a', 'b', 'c', 'd'], 2)
    const [first = 0] = ends
    cpSync(file(0), `${file(0)}.copy`)
    for (let position = 64; position < first; position++) {
      spoil(0, position)
      expect(() => found(), `byte ${position}`).toThrow(/^data-damaged: ".*" shows that record 1 is missing/)
      cpSync(`${file(0)}.copy`, file(0))
    }
    expect(found()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('is not damaged when the last two records, of which nobody was told, reached the disk in another order', async () => {
    const journal = Journal.open(folder.path, 0)
    journal.append(recordOf('told'))
    await journal.flush()
    const torn = 64 + journal.bytes
    journal.append(recordOf('torn'))
    journal.append(recordOf('after it'))
    journal.close()
    spoil(0, torn + 30)
    expect(found()).toEqual(['told'])
    // The next number is above that of the one which is left behind: it would pass for the next otherwise.
    expect(journalAfter(folder.path, 0).highest).toBe(3)
  })

  it('never takes what an earlier turn has left in a file for what comes next', async () => {
    const texts = Array.from({ length: 30 }, (_, n) => 'x'.repeat(n % 7))
    for (let turns = 1; turns <= 8; turns++) {
      const journal = Journal.open(folder.path, 1_000 * turns)
      for (const [at, text] of texts.entries()) {
        if (at > 0 && at % 10 === 0) journal.turn()
        journal.append(recordOf(`${turns} ${text}`))
      }
      journal.close()
      expect(found(1_000 * turns)).toEqual(texts.map(text => `${turns} ${text}`))
    }
  })

  it('keeps the length of its files, so that a flush has none to write', async () => {
    await written(['a', 'b'])
    expect(statSync(file(0)).size).toBe(1_024 * 1_024)
    expect(statSync(file(1)).size).toBe(64)
  })
})
