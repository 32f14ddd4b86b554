/**
 * `groundplan key`: the API keys of a system's callers.
 */
import { columns, when } from './columns.ts'
import { command } from './command.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import { operating, operatingEach, operatingFlags, sure, systemIn, yesFlag } from './operating.ts'
import { inMs } from './since.ts'
import { paint } from './terminal.ts'
import { group } from './verbs.ts'

const keysFlag = {
  type: 'string',
  value: '<kind>',
  help: 'which keys, where the plan declares several kinds',
} as const

const list = command({
  name: 'key list',
  summary: 'Which keys there are, of whom, and when each was used last',
  takes: '[system…]',
  flags: operatingFlags,
  examples: [['groundplan key list giftflick', 'never a key itself: only its hash is kept']],
  async run({ json, data, env }, named, terminal) {
    const rows: string[][] = []
    await operatingEach(terminal, { data, env }, named, async (operator, system) => {
      const { nowMs } = await operator.about()
      const at = (iso: string | undefined): string =>
        when(iso === undefined ? undefined : Date.parse(iso), nowMs, terminal)
      for (const each of await operator.apiKeys()) {
        if (json) terminal.out(`${JSON.stringify({ system, ...each })}\n`)
        const { keys, keyId, account, name, scopes, createdAt, lastUsedAt, expiresAt } = each
        const times = [at(createdAt), at(lastUsedAt), at(expiresAt)]
        rows.push([system, keys, keyId, account, name, scopes.join(','), ...times])
      }
    })
    const head = ['system', 'kind', 'id', 'account', 'name', 'scopes', 'made', 'used', 'expires']
    if (!json) terminal.out(columns(head, rows, terminal))
    return exitCodes.done
  },
})

const create = command({
  name: 'key create',
  summary: 'Makes a key, and shows it this once',
  takes: '<system>',
  flags: {
    account: { type: 'string', value: '<account>', help: 'whose it is; needed' },
    name: { type: 'string', value: '<words>', help: 'what it is used for (key)' },
    scopes: { type: 'string', value: '<a,b>', help: 'what it is good for, separated by commas; needed' },
    rate: { type: 'string', value: '<rate>', help: 'one of the rate plans that the plan declares' },
    expires: { type: 'string', value: '<time>', help: "how long it is good: 90d, '12 hours' (for ever)" },
    keys: keysFlag,
    ...operatingFlags,
  },
  examples: [
    ['groundplan key create giftflick --account acme --scopes gifts --expires 90d', 'the key is printed once'],
  ],
  async run({ account, name = 'key', scopes, rate, expires, keys, json, data, env }, [system], terminal) {
    if (account === undefined) throw wrongUsage('It is not said whose key it is', '--account anna')
    if (scopes === undefined) throw wrongUsage('It is not said what the key is good for', '--scopes customer')
    const expiresMs = expires === undefined ? undefined : inMs(expires, '--expires')
    const of = (project: Parameters<typeof systemIn>[0]) => systemIn(project, system, 'groundplan key create <system>')
    return operating(terminal, { data, env }, of, async operator => {
      const { nowMs } = await operator.about()
      const made = await operator.createApiKey({
        ...{ account, name, rate, keys },
        scopes: scopes.split(',').map(scope => scope.trim()),
        expiresAtMs: expiresMs === undefined ? undefined : nowMs + expiresMs,
      })
      if (!json) terminal.error(paint(terminal.colours).dim(`Key ${made.keyId}. It is shown this once:\n`))
      terminal.out(json ? `${JSON.stringify(made)}\n` : `${made.text}\n`)
      return exitCodes.done
    })
  },
})

const rotate = command({
  name: 'key rotate',
  summary: 'Makes a key in place of another, and shows it this once',
  takes: '<system> <id>',
  flags: {
    overlap: { type: 'string', value: '<time>', help: "how long the old one is still good: 2d, '12 hours' (1d)" },
    keys: keysFlag,
    ...operatingFlags,
  },
  examples: [['groundplan key rotate giftflick 4bf92f3577b34da6a1', 'the old one is good for a day more']],
  async run({ overlap = '1d', keys, json, data, env }, [system, keyId], terminal) {
    if (keyId === undefined) throw wrongUsage('It is not said which key', 'groundplan key rotate <system> <id>')
    const overlapMs = inMs(overlap, '--overlap')
    const of = (project: Parameters<typeof systemIn>[0]) =>
      systemIn(project, system, 'groundplan key rotate <system> <id>')
    return operating(terminal, { data, env }, of, async operator => {
      const found = (await operator.apiKeys()).find(each => each.keyId === keyId)
      const made = await operator.rotateApiKey({ keyId, keys: keys ?? found?.keys, overlapMs })
      if (!json) terminal.error(paint(terminal.colours).dim(`Key ${made.keyId}. It is shown this once:\n`))
      terminal.out(json ? `${JSON.stringify(made)}\n` : `${made.text}\n`)
      return exitCodes.done
    })
  },
})

const revoke = command({
  name: 'key revoke',
  summary: 'Refuses a key from the next request on',
  takes: '<system> <id>',
  flags: { keys: keysFlag, yes: yesFlag, ...operatingFlags },
  examples: [['groundplan key revoke giftflick 4bf92f3577b34da6a1', 'asks first; --yes does not']],
  async run({ keys, yes, json, data, env }, [system, keyId], terminal) {
    if (keyId === undefined) throw wrongUsage('It is not said which key', 'groundplan key revoke <system> <id>')
    const of = (project: Parameters<typeof systemIn>[0]) =>
      systemIn(project, system, 'groundplan key revoke <system> <id>')
    return operating(terminal, { data, env }, of, async operator => {
      const found = (await operator.apiKeys()).find(each => each.keyId === keyId)
      const whose = found ? ` of ${found.account} (${found.name})` : ''
      await sure(terminal, yes, `Revoke the key ${keyId}${whose}?`)
      const { count } = await operator.revokeApiKey({ keyId, keys: keys ?? found?.keys })
      terminal.out(json ? `${JSON.stringify({ count })}\n` : `${keyId} ${count > 0 ? 'revoked' : 'is no key'}\n`)
      return count > 0 ? exitCodes.done : exitCodes.failed
    })
  },
})

export const key = group(
  {
    name: 'key',
    summary: 'Makes, lists, rotates and revokes API keys',
    about: 'Works on a system that runs and on one that does not. A key is shown when it is made and never again.',
  },
  [list, create, rotate, revoke],
)
