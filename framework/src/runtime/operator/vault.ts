/**
 * The secrets and settings of a plan, for its operator. A secret's value goes in and never comes out.
 */
import { secretName, settingName } from '../../contract/names.ts'
import type { Operator, SecretAsk, SettingInfo, VaultInfo } from '../../contract/operator.ts'
import { fault } from '../../contract/problems.ts'
import type { VaultEntry } from '../../contract/vault.ts'
import { type AnySetting, resourcesOf } from '../../plan/parts.ts'
import { named, type OperatorParts } from './parts.ts'

type VaultMethods = Pick<Operator, 'secrets' | 'setSecret' | 'removeSecret' | 'settings' | 'setSetting'>

/** What the runtime itself keeps there. */
const ours = 'groundplan-internal'

export function vaultOperator(operated: OperatorParts): VaultMethods {
  const { plan, parts, drivers } = operated
  const { vault } = drivers
  const settings = resourcesOf(parts, 'setting')
  return {
    secrets: () => secretsOf(operated),
    async setSecret({ value, overlapMs, ...ask }) {
      const place = placeOf(operated, ask)
      const entry = await vault.set(place, value, overlapMs === undefined ? {} : { overlapMs })
      return secretInfo(ask, entry, true)
    },
    async removeSecret({ name, tenant }) {
      if (name === ours) throw fault('request-invalid', `"${name}" is kept by the framework itself`)
      const place = secretName(plan, name, tenant)
      const there = (await vault.list(place)).some(entry => entry.name === place)
      await vault.remove(place)
      return { count: there ? 1 : 0 }
    },
    settings: () => settingsOf(operated),
    async setSetting({ name, value }) {
      const setting = named(settings, name, 'setting')
      const problem = problemOf(setting, value)
      if (problem !== undefined) throw fault('setting-invalid', `"${name}": ${problem}`)
      return settingInfo(setting, await vault.set(settingName(plan, name), value))
    },
  }
}

/** Where a declared secret is kept. Faults: `request-invalid`. */
function placeOf({ plan, parts }: OperatorParts, { name, tenant }: SecretAsk): string {
  const { perTenant } = named(resourcesOf(parts, 'secret'), name, 'secret')
  if (perTenant && tenant === undefined) {
    throw fault('request-invalid', `there is one "${name}" for each tenant: name the tenant`)
  }
  if (!perTenant && tenant !== undefined) throw fault('request-invalid', `"${name}" is one for all tenants`)
  return secretName(plan, name, tenant)
}

async function secretsOf({ plan, parts, drivers: { vault } }: OperatorParts): Promise<readonly VaultInfo[]> {
  const declared = resourcesOf(parts, 'secret')
  const prefix = secretName(plan, '')
  const kept = await Promise.all(
    (await vault.list(prefix)).map(async entry => {
      const [name = '', ...tenant] = entry.name.slice(prefix.length).split('/')
      const ask = { name, ...(tenant.length > 0 ? { tenant: tenant.join('/') } : {}) }
      const isDeclared = declared.some(each => each.name === name)
      // What cannot be opened is listed all the same, so that it can be removed.
      const whole = await vault.get(entry.name).catch(() => undefined)
      return secretInfo(ask, whole ?? entry, isDeclared)
    }),
  )
  const shown = kept.filter(({ name }) => name !== ours)
  const unset = declared.filter(({ name }) => !kept.some(entry => entry.name === name))
  return [...shown, ...unset.map(({ name }) => ({ name, declared: true }))]
}

/** Never the value: attributes are picked one by one. */
function secretInfo(
  { name, tenant }: SecretAsk,
  { version, changedAtMs, previous }: Pick<VaultEntry, 'version' | 'changedAtMs' | 'previous'>,
  declared: boolean,
): VaultInfo {
  return {
    name,
    ...(tenant === undefined ? {} : { tenant }),
    version,
    changedAtMs,
    ...(previous ? { previousUntilMs: previous.untilMs } : {}),
    declared,
  }
}

async function settingsOf({ plan, parts, drivers: { vault } }: OperatorParts): Promise<readonly SettingInfo[]> {
  const declared = resourcesOf(parts, 'setting')
  const prefix = settingName(plan, '')
  const ofPlan = declared.map(async setting => settingInfo(setting, await vault.get(settingName(plan, setting.name))))
  const kept = (await vault.list(prefix)).map(({ name, ...rest }) => ({ ...rest, name: name.slice(prefix.length) }))
  const others = kept.filter(({ name }) => !declared.some(each => each.name === name))
  return [...(await Promise.all(ofPlan)), ...others.map(each => ({ ...each, declared: false }))]
}

function settingInfo(setting: AnySetting, entry: VaultEntry | undefined): SettingInfo {
  const problem = problemOf(setting, entry?.value)
  return {
    name: setting.name,
    ...(entry ? { value: entry.value, version: entry.version, changedAtMs: entry.changedAtMs } : {}),
    ...(problem === undefined ? {} : { problem }),
    declared: true,
  }
}

function problemOf({ schema }: AnySetting, value: string | undefined): string | undefined {
  return schema
    .safeParse(value)
    .error?.issues.map(({ message }) => message)
    .join('; ')
}
