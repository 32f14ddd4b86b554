/**
 * The API keys of a plan, for its operator. A key's text is given when it is made; its table keeps a hash alone.
 */
import { limits } from '../../contract/limits.ts'
import type { ApiKeyInfo, NewApiKeyAsk, Operator } from '../../contract/operator.ts'
import { fault } from '../../contract/problems.ts'
import type { Item, Store } from '../../contract/store.ts'
import type { ApiKeys, NewKey } from '../../plan/api-keys.ts'
import type { Parts } from '../../plan/parts.ts'
import { asOperator, named, type OperatorParts } from './parts.ts'

type Keys = Pick<Operator, 'apiKeys' | 'createApiKey' | 'rotateApiKey' | 'revokeApiKey'>

export function keyOperator(operated: OperatorParts): Keys {
  const { drivers } = operated
  const all = keysIn(operated.parts)
  return {
    apiKeys: async () => (await Promise.all(all.map(keys => listed(drivers.store, keys)))).flat(),
    async createApiKey(ask) {
      const keys = meant(all, ask.keys)
      const key = newKey(keys, ask)
      const uses = { writer: keys.keys.writer }
      const made = await asOperator(operated, uses, ({ at }, { writer }) => keys.issue(writer, key, at))
      return { keys: keys.name, ...made }
    },
    async rotateApiKey({ keys: name, keyId, overlapMs }) {
      const keys = meant(all, name)
      const uses = { writer: keys.keys.writer }
      const made = await asOperator(operated, uses, ({ at }, { writer }) => keys.rotate(writer, keyId, at, overlapMs))
      if (!made) throw fault('request-invalid', `there is no "${keys.name}" key ${keyId}`)
      return { keys: keys.name, ...made }
    },
    async revokeApiKey({ keys: name, keyId }) {
      const keys = meant(all, name)
      const there = await drivers.store.get(keys.keys.name, { keyId })
      await asOperator(operated, { writer: keys.keys.writer }, (_call, { writer }) => keys.revoke(writer, keyId))
      return { count: there ? 1 : 0 }
    },
  }
}

function keysIn({ authorizers }: Parts): readonly ApiKeys<string>[] {
  return [...new Set(authorizers.flatMap(({ apiKeys }) => (apiKeys ? [apiKeys] : [])))]
}

function meant(all: readonly ApiKeys<string>[], name: string | undefined): ApiKeys<string> {
  if (name !== undefined) return named(all, name, 'kind of API keys')
  const [only, ...more] = all
  if (!only) throw fault('request-invalid', 'this plan declares no API keys')
  if (more.length === 0) return only
  throw fault('request-invalid', `this plan has several kinds of API keys: ${all.map(each => each.name).join(', ')}`)
}

function newKey({ name: kind, scopes, rates }: ApiKeys<string>, ask: NewApiKeyAsk): NewKey<string> {
  const { account, name, rate, expiresAtMs } = ask
  const strange = ask.scopes.find(scope => !scopes.includes(scope))
  if (strange !== undefined) {
    throw fault('request-invalid', `"${kind}" keys have no scope "${strange}": they have ${scopes.join(', ')}`)
  }
  if (rate !== undefined && !Object.hasOwn(rates, rate)) {
    const known = Object.keys(rates).join(', ') || 'none'
    throw fault('request-invalid', `"${kind}" keys have no rate "${rate}": they have ${known}`)
  }
  return {
    account,
    name,
    scopes: ask.scopes,
    ...(rate === undefined ? {} : { rate }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: new Date(expiresAtMs) }),
  }
}

async function listed(store: Store, { name, keys }: ApiKeys<string>): Promise<readonly ApiKeyInfo[]> {
  const found: ApiKeyInfo[] = []
  let after: string | undefined
  do {
    const page = await store.scan(keys.name, { limit: limits.pageItems, ...(after === undefined ? {} : { after }) })
    found.push(...page.items.map(item => shown(name, item)))
    after = page.after
  } while (after !== undefined)
  return found
}

/** Without the hash, which is nobody's business. */
function shown(keys: string, { secretHash: _hash, ...item }: Item): ApiKeyInfo {
  // Written by `apiKeys` alone.
  return { keys, ...item } as unknown as ApiKeyInfo
}
