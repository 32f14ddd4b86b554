/**
 * `groundplan setting`: what differs between environments and is no secret.
 */
import type { SettingInfo } from '../contract/operator.ts'
import { columns, when } from './columns.ts'
import { command } from './command.ts'
import { exitCodes, wrongUsage } from './errors.ts'
import { completed, operatingEach, operatingFlags, operatingOn } from './operating.ts'
import { pipedText } from './typed.ts'
import { group } from './verbs.ts'

const list = command({
  name: 'setting list',
  summary: 'Which settings there are, their values, and what is wrong with them',
  takes: '[system…]',
  flags: operatingFlags,
  examples: [['groundplan setting list giftflick', 'all settings of one system']],
  async run({ json, data, env }, named, terminal) {
    const rows: (string | number | undefined)[][] = []
    await operatingEach(terminal, { data, env }, named, async (operator, system) => {
      const { nowMs } = await operator.about()
      for (const each of await operator.settings()) {
        if (json) terminal.out(`${JSON.stringify({ system, ...each })}\n`)
        const { name, value, version, changedAtMs } = each
        rows.push([`${system}/${name}`, value, version, when(changedAtMs, nowMs, terminal), stateOf(each)])
      }
    })
    if (!json) terminal.out(columns(['setting', 'value', 'version', 'changed', 'state'], rows, terminal))
    return exitCodes.done
  },
})

const set = command({
  name: 'setting set',
  summary: 'Sets a setting, from the command line or from standard input',
  takes: '<system/setting> [value]',
  flags: operatingFlags,
  examples: [['groundplan setting set giftflick/renderer-url https://render.example.org', 'checked by its schema']],
  async run({ json, data, env }, [name, given, more], terminal) {
    if (more !== undefined) throw wrongUsage('A setting has one value', 'quote it where it has spaces')
    const value = given ?? (await pipedText(terminal, 'a value')).replace(/\r?\n$/, '')
    const usage = 'groundplan setting set <system/setting> <value>'
    return operatingOn(terminal, { name, usage, data, env }, async (operator, { system, thing }) => {
      const known = (await operator.settings()).filter(({ declared }) => declared).map(each => each.name)
      const setting = completed(thing, known, 'setting')
      const info = await operator.setSetting({ name: setting, value })
      const { version } = info
      terminal.out(
        json ? `${JSON.stringify({ system, ...info })}\n` : `${system}/${setting} is set (version ${version})\n`,
      )
      return exitCodes.done
    })
  },
})

export const setting = group(
  {
    name: 'setting',
    summary: 'Sets and lists settings',
    about: 'Works on a system that runs and on one that does not. What runs has a new value within a minute.',
  },
  [list, set],
)

function stateOf({ declared, problem, version }: SettingInfo): string {
  if (!declared) return 'not in the plan'
  if (problem !== undefined) return version === undefined ? 'not set' : `does not fit: ${problem}`
  return version === undefined ? 'default' : 'set'
}
