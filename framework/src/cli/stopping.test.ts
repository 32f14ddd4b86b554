import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { untilStopped } from './stopping.ts'
import { testTerminal } from './test/terminal.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

describe('A process that serves', () => {
  it('stops at a signal, once, and ends with 0', async () => {
    const { terminal, heard, ended, finish } = running()
    terminal.signal('SIGTERM')
    terminal.signal('SIGINT') // the same Ctrl-C, handed on by npm
    expect(heard).toEqual(['stopping SIGTERM', 'stop 8500'])
    finish()
    expect(await ended).toBe(0)
    expect(terminal.exits).toEqual([])
    expect(terminal.listeners()).toBe(0)
  })

  it('ends at once at a second signal that comes more than a second later', async () => {
    const { terminal, finish, ended } = running()
    terminal.signal('SIGINT')
    vi.advanceTimersByTime(900)
    terminal.signal('SIGINT')
    expect(terminal.exits).toEqual([])
    vi.advanceTimersByTime(200)
    terminal.signal('SIGINT')
    expect(terminal.exits).toEqual([130])
    finish()
    await ended
  })

  it('waits no longer than 10 seconds', async () => {
    const { terminal, ended } = running()
    terminal.signal('SIGTERM')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await ended).toBe(0)
  })

  it('ends with 0 even when stopping fails', async () => {
    const terminal = testTerminal()
    const ended = untilStopped(terminal, {
      stopping: () => {},
      stray: () => {},
      stop: () => Promise.reject(new Error('odd')),
    })
    terminal.signal('SIGTERM')
    expect(await ended).toBe(0)
  })

  it('stops with 1 after an exception that nobody caught', async () => {
    const { terminal, heard, ended, finish } = running()
    terminal.stray(new Error('odd'), 'exception')
    expect(heard).toEqual(['stray exception', 'stopping error', 'stop 8500'])
    finish()
    expect(await ended).toBe(1)
  })

  it('tells of a rejection that nobody handled, and goes on', async () => {
    const { terminal, heard, ended, finish } = running()
    terminal.stray(new Error('odd'), 'rejection')
    expect(heard).toEqual(['stray rejection'])
    terminal.signal('SIGTERM')
    finish()
    expect(await ended).toBe(0)
  })
})

function running() {
  const terminal = testTerminal()
  const heard: string[] = []
  let finish = (): void => {}
  const finished = new Promise<void>(resolve => {
    finish = resolve
  })
  const ended = untilStopped(terminal, {
    stopping: why => void heard.push(`stopping ${why}`),
    stray: (_error, kind) => void heard.push(`stray ${kind}`),
    stop(graceMs) {
      heard.push(`stop ${graceMs}`)
      return finished
    },
  })
  return { terminal, heard, ended, finish }
}
