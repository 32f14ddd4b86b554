/**
 * `groundplan queue`: what waits in a system, what failed, and what to do with it.
 */

import type { Operator, PeekedMessage, QueuePart } from '../contract/operator.ts'
import type { Where } from './at-hand.ts'
import { columns, when } from './columns.ts'
import { command } from './command.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import { completed, operatingEach, operatingFlags, operatingOn, sure, yesFlag } from './operating.ts'
import { oneLine } from './printable.ts'
import { inMs } from './since.ts'
import { paint, type Terminal } from './terminal.ts'
import { pipedText } from './typed.ts'
import { group } from './verbs.ts'

const list = command({
  name: 'queue list',
  summary: 'How much waits in each queue, and how much failed',
  takes: '[system…]',
  flags: operatingFlags,
  examples: [['groundplan queue list', 'all queues of the systems that `start` starts']],
  async run({ json, data, env }, named, terminal) {
    const rows: (readonly (string | number | undefined)[])[] = []
    await operatingEach(terminal, { data, env }, named, async (operator, system) => {
      const { nowMs } = await operator.about()
      for (const queue of await operator.queues()) {
        if (json) terminal.out(`${JSON.stringify({ system, ...queue })}\n`)
        const { name, of, ready, delayed, leased, dead, oldestDueAtMs } = queue
        const oldest = oldestDueAtMs === undefined ? '-' : when(oldestDueAtMs, nowMs, terminal)
        rows.push([`${system}/${name}`, of, ready, delayed, leased, dead, oldest])
      }
    })
    const head = ['queue', 'of', 'ready', 'delayed', 'running', 'dead', 'oldest']
    if (!json) terminal.out(columns(head, rows, terminal))
    return exitCodes.done
  },
})

const peek = command({
  name: 'queue peek',
  summary: 'Shows what waits, or with --dead what failed, and leaves it there',
  takes: '<system/queue>',
  flags: {
    dead: { type: 'boolean', help: 'the dead letters, with the reason' },
    limit: { type: 'string', value: '<count>', help: 'how many, 1 to 1000 (20)' },
    ...operatingFlags,
  },
  examples: [['groundplan queue peek storefront/product-updates --dead --limit 20', 'what failed, and why']],
  async run({ dead, limit = '20', json, data, env }, [name], terminal) {
    const most = countFrom(limit)
    return withQueue(terminal, { data, env }, name, 'queue peek', async (operator, queue) => {
      const { nowMs } = await operator.about()
      const messages = await operator.peekQueue({ queue, which: part(dead), limit: most })
      for (const each of messages) {
        terminal.out(json ? `${JSON.stringify(each)}\n` : messageText(each, nowMs, terminal))
      }
      if (!json && messages.length === 0) terminal.error(dead ? 'No dead letters.\n' : 'Nothing waits.\n')
      return exitCodes.done
    })
  },
})

const redrive = command({
  name: 'queue redrive',
  summary: 'Makes dead letters wait again, all or those of these ids',
  takes: '<system/queue> [id…]',
  flags: operatingFlags,
  examples: [['groundplan queue redrive storefront/product-updates', 'once what they failed of is mended']],
  async run({ json, data, env }, [name, ...ids], terminal) {
    return withQueue(terminal, { data, env }, name, 'queue redrive', async (operator, queue, full) => {
      const { count } = await operator.redriveQueue({ queue, ...(ids.length > 0 ? { ids } : {}) })
      terminal.out(
        json
          ? `${JSON.stringify({ count })}\n`
          : `${counted(count, 'message')} of ${full} ${count === 1 ? 'waits' : 'wait'} again\n`,
      )
      return exitCodes.done
    })
  },
})

const purge = command({
  name: 'queue purge',
  summary: 'Removes what waits, or with --dead the dead letters, for good',
  takes: '<system/queue>',
  flags: { dead: { type: 'boolean', help: 'the dead letters' }, yes: yesFlag, ...operatingFlags },
  examples: [['groundplan queue purge storefront/product-updates --dead', 'asks first; --yes does not']],
  async run({ dead, yes, json, data, env }, [name], terminal) {
    return withQueue(terminal, { data, env }, name, 'queue purge', async (operator, queue, full) => {
      const found = (await operator.queues()).find(each => each.name === queue)
      const there = dead ? (found?.dead ?? 0) : (found?.ready ?? 0) + (found?.delayed ?? 0)
      const what = dead ? 'dead letter' : 'waiting message'
      await sure(terminal, yes, `Remove ${counted(there, what)} of ${full} for good?`)
      const { count } = await operator.purgeQueue({ queue, which: part(dead) })
      terminal.out(json ? `${JSON.stringify({ count })}\n` : `${counted(count, what)} of ${full} removed\n`)
      return exitCodes.done
    })
  },
})

const send = command({
  name: 'queue send',
  summary: 'Sends a message, as JSON, from the command line or from standard input',
  takes: '<system/queue> [json]',
  flags: {
    delay: { type: 'string', value: '<time>', help: "not before: 30s, '2 hours'" },
    id: { type: 'string', value: '<id>', help: 'the same id within 5 minutes is the same message' },
    ...operatingFlags,
  },
  examples: [
    ['groundplan queue send storefront/product-updates \'{"productId":"tripod","price":…}\'', 'one message'],
    ['groundplan queue send storefront/product-updates < message.json', 'the same, from a file'],
  ],
  async run({ delay, id, json, data, env }, [name, text], terminal) {
    const delayMs = delay === undefined ? undefined : inMs(delay, '--delay')
    const message = jsonFrom(text ?? (await pipedText(terminal, 'a message as JSON')))
    return withQueue(terminal, { data, env }, name, 'queue send', async (operator, queue, full) => {
      const { nowMs } = await operator.about()
      const due = delayMs === undefined ? {} : { dueAtMs: nowMs + delayMs }
      const sent = await operator.sendMessage({ queue, message, ...due, ...(id === undefined ? {} : { id }) })
      terminal.out(json ? `${JSON.stringify(sent)}\n` : `sent to ${full} as ${sent.id}\n`)
      return exitCodes.done
    })
  },
})

export const queue = group(
  {
    name: 'queue',
    summary: 'Looks into queues: what waits, what failed, send, try again, remove',
    about:
      'Works on a system that runs and on one that does not. A queue is named system/queue, or by the end of its name.',
  },
  [list, peek, redrive, purge, send],
)

function withQueue(
  terminal: Terminal,
  where: Where,
  name: string | undefined,
  verb: string,
  work: (operator: Operator, queue: string, full: string) => Promise<number>,
): Promise<number> {
  const usage = `groundplan ${verb} <system/queue>`
  return operatingOn(terminal, { name, usage, ...where }, async (operator, { system, thing }) => {
    const names = (await operator.queues()).map(each => each.name)
    const queue = completed(thing, names, 'queue')
    return work(operator, queue, `${system}/${queue}`)
  })
}

function part(dead: true | undefined): QueuePart {
  return dead ? 'dead' : 'waiting'
}

function messageText(each: PeekedMessage, nowMs: number, terminal: Terminal): string {
  const { id, message, orderKey, sentAtMs, attempts, buriedAtMs, reason, trace } = each
  const ink = paint(terminal.colours)
  const facts = [
    `sent ${when(sentAtMs, nowMs, terminal)}`,
    counted(attempts, 'attempt'),
    ...(orderKey === undefined ? [] : [`key ${oneLine(orderKey)}`]),
    ...(buriedAtMs === undefined ? [] : [`failed ${when(buriedAtMs, nowMs, terminal)}`]),
    ...(trace === undefined ? [] : [`trace ${trace}`]),
  ]
  const lines = [
    `${ink.bold(oneLine(id))}  ${ink.dim(facts.join(', '))}`,
    ...(reason === undefined ? [] : [`  ${ink.red(oneLine(reason))}`]),
    `  ${oneLine(JSON.stringify(message))}`,
  ]
  return lines.map(line => `${line}\n`).join('')
}

function countFrom(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1 && count <= 1_000) return count
  throw wrongUsage(`"${text}" is no --limit`, 'choose a number from 1 to 1000')
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrongUsage('The message is no JSON', 'quote it for the shell: \'{"orderId":"42"}\'')
  }
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
