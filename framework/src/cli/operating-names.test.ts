import { describe, expect, it } from 'vitest'
import { columns, lengthOf, when } from './columns.ts'
import { commands } from './commands.ts'
import { helpOf } from './help.ts'
import type { Project } from './load.ts'
import { completed, meantIn, systemIn } from './operating.ts'
import { run } from './run.ts'
import { inMs } from './since.ts'
import { testTerminal } from './test/terminal.ts'

function project(...systems: readonly string[]): Project {
  const paths = Object.fromEntries(systems.map(name => [name, `./${name}/plan.ts`]))
  return { root: '/', file: 'groundplan.config.ts', config: { systems: paths } }
}

const usage = 'groundplan table get <system/table>'

describe('what is named', () => {
  it('is a system and something in it; the rest of the name may have any form', () => {
    const two = project('shop', 'second')
    expect(meantIn(two, 'shop/orders', usage)).toEqual({ system: 'shop', thing: 'orders' })
    expect(meantIn(two, 'shop/back/nightly', usage)).toEqual({ system: 'shop', thing: 'back/nightly' })
    expect(meantIn(two, 'shop/../second', usage)).toEqual({ system: 'shop', thing: '../second' })
  })

  it('needs no system where there is one only', () => {
    const one = project('shop')
    expect(meantIn(one, 'orders', usage)).toEqual({ system: 'shop', thing: 'orders' })
    expect(meantIn(one, 'back/nightly', usage)).toEqual({ system: 'shop', thing: 'back/nightly' })
    expect(meantIn(one, 'shop/orders', usage)).toEqual({ system: 'shop', thing: 'orders' })
    expect(systemIn(one, undefined, usage)).toBe('shop')
    expect(() => meantIn(one, 'shop', usage)).toThrow('of what in it')
  })

  it.each([
    [undefined, 'It is not said which'],
    ['orders', 'does not say of which system'],
    ['shpo/orders', 'There is no system "shpo"'],
    ['__proto__/orders', 'There is no system "__proto__"'],
    ['constructor', 'does not say of which system'],
    ['', 'does not say of which system'],
    ['/', 'There is no system ""'],
  ])('is refused as %j', (name, message) => {
    expect(() => meantIn(project('shop', 'second'), name, usage)).toThrow(message)
  })

  it('is completed by the end of one name, and of no more than one', () => {
    const names = ['jobs', 'back.byNote', 'back.work', 'front.work', 'mail.box.staff']
    expect(completed('jobs', names, 'queue')).toBe('jobs')
    expect(completed('byNote', names, 'queue')).toBe('back.byNote')
    expect(completed('box.staff', names, 'queue')).toBe('mail.box.staff')
    expect(() => completed('work', names, 'queue')).toThrow('"work" may be back.work or front.work')
    expect(() => completed('Note', names, 'queue')).toThrow('There is no queue "Note"')
    expect(() => completed('', names, 'queue')).toThrow('There is no queue ""')
    expect(() => completed('x', [], 'queue')).toThrow(expect.objectContaining({ wayOut: 'there is none' }))
  })
})

describe('a table on a terminal', () => {
  it('is aligned, numbers to the right, and shows no control characters', () => {
    const rows = [
      ['orders', 7, 'a\u001b[31mb\nc'],
      ['x', 1_200, undefined],
    ]
    expect(columns(['name', 'n', 'note'], rows, testTerminal())).toBe(
      'name       n  note\norders     7  a\\u001b[31mb\\nc\nx       1200  -\n',
    )
    expect(columns(['name'], [], testTerminal())).toBe('name\n')
  })

  it('says times as people do, and to a pipe as they are', () => {
    const nowMs = Date.parse('2030-01-01T00:00:00Z')
    const person = testTerminal({ interactive: true })
    expect(when(nowMs - 90_000, nowMs, person)).toBe('1 min ago')
    expect(when(nowMs + 3 * 3_600_000, nowMs, person)).toBe('in 3 h')
    expect(when(nowMs, nowMs, testTerminal())).toBe('2030-01-01T00:00:00.000Z')
    expect(when(undefined, nowMs, person)).toBe('-')
    expect([0, 999, 1_000, 60_000, 86_400_000].map(lengthOf)).toEqual(['0 ms', '999 ms', '1 s', '1 min', '1 d'])
  })

  it('takes lengths of time as people write them', () => {
    expect([inMs('30s', '--delay'), inMs('24 hours', '--delay'), inMs('1.5 d', '--delay')]).toEqual([
      30_000, 86_400_000, 129_600_000,
    ])
    for (const wrong of ['', 'soon', '-1s', '1e3 s', '10'])
      expect(() => inMs(wrong, '--delay')).toThrow('no length of time')
  })
})

describe('the help of a command with verbs', () => {
  it.each(['queue', 'schedule', 'table', 'secret', 'setting', 'key'])(
    '%s has an example and a summary for each verb',
    async name => {
      const group = await commands[name]?.()
      const verbs = group?.takes?.slice(1, -1).split('|') ?? []
      expect(verbs.length).toBeGreaterThan(1)
      for (const verb of verbs) {
        const part = group?.part?.([verb])
        expect(part?.name).toBe(`${name} ${verb}`)
        for (const [example] of part?.examples ?? []) expect(example).toContain(`groundplan ${name} ${verb}`)
        expect(part && helpOf(part, testTerminal())).toContain('--data <folder>')
        expect(group && helpOf(group, testTerminal())).toContain(`${name} ${verb} `)
      }
    },
  )

  it('is shown for a verb, for the command, and instead of what a verb lacks', async () => {
    const said = async (...args: string[]) => {
      const terminal = testTerminal()
      const code = await run(args, terminal)
      return { code, text: terminal.said() + terminal.complained() }
    }
    expect(await said('queue', 'purge', '--help')).toMatchObject({ code: 0, text: expect.stringContaining('--yes') })
    expect(await said('queue', '--help')).toMatchObject({
      code: 0,
      text: expect.stringContaining('queue peek <system/queue>'),
    })
    expect(await said('queue')).toMatchObject({ code: 2, text: expect.stringContaining('needs a verb: list, peek') })
    expect(await said('queue', '--json')).toMatchObject({ code: 2 })
    expect(await said('queue', 'prge')).toMatchObject({
      code: 2,
      text: expect.stringContaining('"groundplan queue purge"'),
    })
    expect(await said('queue', 'constructor')).toMatchObject({ code: 2, text: expect.stringContaining('has no verb') })
    expect(await said('queue', 'peek', '--ded')).toMatchObject({ code: 2, text: expect.stringContaining('--dead') })
  })
})
