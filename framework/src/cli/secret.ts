/**
 * `groundplan secret`: what a system keeps to itself. Values go in, from standard input or typed unseen, and never come
 * out.
 */
import type { VaultInfo } from '../contract/operator.ts'
import { columns, when } from './columns.ts'
import { command } from './command.ts'
import { exitCodes } from './errors.ts'
import { completed, operatingEach, operatingFlags, operatingOn, sure, yesFlag } from './operating.ts'
import { inMs } from './since.ts'
import type { Terminal } from './terminal.ts'
import { secretText } from './typed.ts'
import { group } from './verbs.ts'

const tenantFlag = {
  type: 'string',
  value: '<tenant>',
  help: 'of a secret that there is one for each tenant of',
} as const

const list = command({
  name: 'secret list',
  summary: 'Which secrets there are, which are not set, and how old they are',
  takes: '[system…]',
  flags: operatingFlags,
  examples: [['groundplan secret list giftflick', 'names, versions and times; never a value']],
  async run({ json, data, env }, named, terminal) {
    const rows: (string | number | undefined)[][] = []
    await operatingEach(terminal, { data, env }, named, async (operator, system) => {
      const { nowMs } = await operator.about()
      for (const each of await operator.secrets()) {
        if (json) terminal.out(`${JSON.stringify({ system, ...each })}\n`)
        const { name, tenant, version, changedAtMs, previousUntilMs } = each
        const full = `${system}/${name}`
        rows.push([
          ...[full, tenant, version],
          ...[when(changedAtMs, nowMs, terminal), when(previousUntilMs, nowMs, terminal), stateOf(each)],
        ])
      }
    })
    const head = ['secret', 'tenant', 'version', 'changed', 'previous good', 'state']
    if (!json) terminal.out(columns(head, rows, terminal))
    return exitCodes.done
  },
})

const set = command({
  name: 'secret set',
  summary: 'Sets a secret, from standard input or typed unseen',
  takes: '<system/secret>',
  about:
    'A value is never an argument: those can be seen by others on the machine. One line end after it is left away.',
  flags: { tenant: tenantFlag, ...operatingFlags },
  examples: [
    ['groundplan secret set giftflick/renderer-key', 'asks for the value, and shows nothing of it'],
    ['groundplan secret set giftflick/renderer-key < key.txt', 'from a file'],
  ],
  run: ({ tenant, json, data, env }, names, terminal) => put(terminal, { tenant, json, data, env, names, verb: 'set' }),
})

const rotate = command({
  name: 'secret rotate',
  summary: 'Sets a new value, and keeps the one before good for a while',
  takes: '<system/secret>',
  flags: {
    overlap: { type: 'string', value: '<time>', help: "how long the value before stays good ('24 hours')" },
    tenant: tenantFlag,
    ...operatingFlags,
  },
  examples: [
    ["groundplan secret rotate giftflick/renderer-key --overlap '24 hours' < key.txt", 'both are good for a day'],
  ],
  run({ overlap = '24 hours', tenant, json, data, env }, names, terminal) {
    const overlapMs = inMs(overlap, '--overlap')
    return put(terminal, { tenant, json, data, env, names, verb: 'rotate', overlapMs })
  },
})

const remove = command({
  name: 'secret remove',
  summary: 'Removes a secret, for good',
  takes: '<system/secret>',
  flags: { tenant: tenantFlag, yes: yesFlag, ...operatingFlags },
  examples: [['groundplan secret remove giftflick/renderer-key', 'asks first; --yes does not']],
  run({ tenant, yes, json, data, env }, names, terminal) {
    return operatingOn(terminal, { ...given(names, 'remove'), data, env }, async (operator, { system, thing }) => {
      const known = (await operator.secrets()).map(each => each.name)
      const name = completed(thing, [...new Set(known)], 'secret')
      const full = `${system}/${name}${tenant === undefined ? '' : ` of ${tenant}`}`
      await sure(terminal, yes, `Remove the secret ${full} for good?`)
      const { count } = await operator.removeSecret({ name, tenant })
      terminal.out(json ? `${JSON.stringify({ count })}\n` : `${full} ${count > 0 ? 'removed' : 'was not set'}\n`)
      return exitCodes.done
    })
  },
})

export const secret = group(
  {
    name: 'secret',
    summary: 'Sets, rotates, lists and removes secrets; never shows one',
    about: 'Works on a system that runs and on one that does not. What runs has a new value within a minute.',
  },
  [list, set, rotate, remove],
)

interface Put {
  readonly names: readonly string[]
  readonly verb: 'set' | 'rotate'
  readonly tenant: string | undefined
  readonly json: true | undefined
  readonly data: string | undefined
  readonly env: string | undefined
  readonly overlapMs?: number
}

function put(terminal: Terminal, { names, verb, tenant, json, data, env, overlapMs }: Put): Promise<number> {
  return operatingOn(terminal, { ...given(names, verb), data, env }, async (operator, { system, thing }) => {
    const known = (await operator.secrets()).filter(({ declared }) => declared).map(each => each.name)
    const name = completed(thing, [...new Set(known)], 'secret')
    const value = await secretText(terminal, `${system}/${name}`)
    const info = await operator.setSecret({ name, tenant, value, ...(overlapMs === undefined ? {} : { overlapMs }) })
    terminal.out(json ? `${JSON.stringify({ system, ...info })}\n` : `${setText(system, info)}\n`)
    return exitCodes.done
  })
}

function setText(system: string, { name, tenant, version, previousUntilMs }: VaultInfo): string {
  const of = tenant === undefined ? '' : ` of ${tenant}`
  const before = previousUntilMs === undefined ? '' : `; the one before is good until ${time(previousUntilMs)}`
  return `${system}/${name}${of} is set (version ${version})${before}`
}

function time(atMs: number): string {
  return new Date(atMs).toISOString()
}

function stateOf({ declared, version }: VaultInfo): string {
  if (!declared) return 'not in the plan'
  return version === undefined ? 'not set' : 'set'
}

/** `shop/token` or `shop token`. */
function given(names: readonly string[], verb: string): { readonly name: string | undefined; readonly usage: string } {
  const name = names.length > 0 ? names.join('/') : undefined
  return { name, usage: `groundplan secret ${verb} <system/secret>` }
}
