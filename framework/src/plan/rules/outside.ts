/**
 * The way outside: alarms that reach somebody, other people's APIs, addresses of mail.
 */
import type { Alarm } from '../alarm.ts'
import { finding, type Mistake, type MistakeCode } from '../mistake.ts'
import { type AnyConnection, handlersOf, type Parts, resourcesOf } from '../parts.ts'

export function* outsideMistakes(parts: Parts): Generator<Mistake> {
  yield* alarmMistakes(parts)
  for (const connection of resourcesOf(parts, 'connection')) yield* connectionMistakes(connection)
  for (const mailbox of resourcesOf(parts, 'mailbox')) {
    for (const [option, address] of Object.entries({ from: mailbox.from, to: mailbox.to })) {
      if (address === undefined || isAddress(address)) continue
      const message = `The mailbox "${mailbox.name}" has "${address}" as \`${option}\``
      yield finding('address-invalid', [mailbox], message, 'write `shop@example.org` or `Shop <shop@example.org>`')
    }
  }
}

// ---------- alarms

function* alarmMistakes(parts: Parts): Generator<Mistake> {
  const known = new Set<unknown>([...parts.resources, ...parts.services])
  const triggers = new Set<Alarm | undefined>([
    ...handlersOf(parts, 'reaction').map(({ handler }) => handler.to),
    ...handlersOf(parts, 'retention').map(({ handler }) => handler.also),
  ])
  for (const alarm of parts.alarms) {
    const { when, tell, name } = alarm
    if (!known.has(when.of)) {
      const what = `measures the ${when.of.kind} "${when.of.name}", which the plan does not have`
      yield wrong('alarm-of-another-plan', alarm, what, 'measure what a handler of this plan uses, or remove the alarm')
    }
    if (!tell && !triggers.has(alarm)) {
      const wayOut = 'give it `tell`, or a reaction in a service'
      yield wrong('alarm-idle', alarm, 'tells nobody and triggers nothing', wayOut)
    }
    if (tell && tell.to === undefined) {
      const message = `The alarm "${name}" tells the mailbox "${tell.name}", which names no recipient`
      yield finding('alarm-without-recipient', [alarm, tell], message, 'give the mailbox `to`')
    }
    yield* alarmLimitMistakes(alarm)
  }
}

function wrong(code: MistakeCode, alarm: Alarm, what: string, wayOut: string): Mistake {
  return finding(code, [alarm], `The alarm "${alarm.name}" ${what}`, wayOut)
}

/** Counts and ages are never below zero, a share never above one. */
function* alarmLimitMistakes(alarm: Alarm): Generator<Mistake> {
  const { above, measure } = alarm.when
  const most = measure === 'error-share' ? 1 : Number.POSITIVE_INFINITY
  if (above >= 0 && above < most) return
  const range = most === 1 ? 'from 0 to below 1' : 'from 0 on'
  yield wrong('alarm-limit-invalid', alarm, `waits for ${measure} above ${above}`, `give it a limit ${range}`)
}

// ---------- connections and mail

function* connectionMistakes(connection: AnyConnection): Generator<Mistake> {
  const { url, rate, retries, breaker, timeoutMs, credential } = connection.spec
  const checks: readonly (readonly [boolean, string, string])[] = [
    [typeof url !== 'string' || isBase(url), `the url "${url}"`, 'write it like https://api.example.org/v1'],
    [timeoutMs > 0, 'a time-out of 0', "write for example '10 seconds'"],
    [isWhole(retries, 0), `${retries} retries`, 'give a whole number from 0 on'],
    [!rate || (rate.requests > 0 && rate.perMs > 0), 'a rate of nothing', 'give it requests and a time above 0'],
    [isWhole(breaker.failures, 1), `a breaker of ${breaker.failures} failures`, 'give a whole number from 1 on'],
    [!credential || /^[A-Za-z0-9-]+$/.test(credential.header), `the header "${credential?.header}"`, 'name a header'],
  ]
  for (const [fine, what, wayOut] of checks) {
    if (fine) continue
    yield finding('connection-invalid', [connection], `The connection "${connection.name}" has ${what}`, wayOut)
  }
}

/** An address that paths can be put after. */
function isBase(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, search, hash, username, password } = new URL(url)
  return (protocol === 'https:' || protocol === 'http:') && search + hash + username + password === ''
}

function isWhole(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least
}

function isAddress(text: string): boolean {
  const [, bare = text] = /^[^<>]*<([^<>]+)>$/.exec(text) ?? []
  return /^[^\s@<>]+@[^\s@<>]+$/.test(bare)
}
