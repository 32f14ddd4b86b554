/** What accounts answer with, by the names pages use. */
import type { AccountsClient } from '@groundplan/accounts/client'

type Value<F> = F extends (...given: never[]) => Promise<infer R> ? (R extends { value: infer V } ? V : never) : never

export type Profile = Value<AccountsClient['me']>
export type MySession = Value<AccountsClient['listSessions']>['sessions'][number]
export type MyEvent = Value<AccountsClient['events']>['items'][number]

export type Person = Value<AccountsClient['people']>['items'][number]
export type OnePerson = Value<AccountsClient['person']>
export type Choices = Value<AccountsClient['choices']>
export type TrailEvent = Value<AccountsClient['auditTrail']>['items'][number]
export type TrailQuery = NonNullable<NonNullable<Parameters<AccountsClient['auditTrail']>[0]>['query']>

export type Keys = Value<AccountsClient['listKeys']>
export type Key = Keys['keys'][number]
