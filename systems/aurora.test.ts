/**
 * Databases on a cluster whose login is a secret that changes: a real PostgreSQL that wants passwords, and moto's Secrets
 * Manager with the login, as Amazon's own rotation writes it.
 */
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { auroraHere } from '../drivers/aws/src/aurora.ts'
import { auroraPassword } from '../drivers/aws/src/config.ts'
import { realClock } from '../drivers/aws/src/test/clock.ts'
import { allOf, credentials } from '../drivers/aws/src/test/engines.ts'
import { postgres } from '../drivers/postgres/src/config.ts'
import { databasesOn } from '../drivers/postgres/src/databases.ts'
import { type Server, startServer } from '../drivers/postgres/src/test/cluster.ts'
import { asked } from '../drivers/postgres/src/test/live.ts'
import { withPostgres } from '../drivers/postgres/src/test/server.ts'
import { type FromEnv, fromEnv } from '../framework/src/contract/engine.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const shape = { plan: 'shop', tables: [], queues: [], buckets: [], databases: [{ name: 'users' }] }
const region = 'eu-central-1'

await allOf(['moto'], moto =>
  withPostgres('a database of Aurora', () => {
    const login = `rds!cluster-${randomUUID()}`
    const secrets = new SecretsManagerClient({ region, endpoint: moto.endpoint, credentials })
    const stored = (password: string): string => JSON.stringify({ username: 'groundplan', password })
    let folder: string
    let server: Server
    let variables: Record<string, string>

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'groundplan-hba-'))
      const file = join(folder, 'pg_hba.conf')
      writeFileSync(file, 'host all test 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n')
      chmodSync(folder, 0o755)
      server = await startServer({ settings: [`hba_file=${file}`] })
      await asked(server.url, "create role groundplan login createdb password 'one'")
      await asked(server.url, 'create database groundplan owner groundplan')
      await secrets.send(new CreateSecretCommand({ Name: login, SecretString: stored('one') }))
      variables = {
        AWS_REGION: region,
        GROUNDPLAN_AWS_DATABASE_URL: `postgres://groundplan@127.0.0.1:${server.port}/groundplan`,
        GROUNDPLAN_AWS_DATABASE_LOGIN: login,
      }
    })
    afterAll(async () => {
      await server.remove()
      rmSync(folder, { recursive: true })
    })

    const here = () => auroraHere(realClock(), variables, { endpoint: moto.endpoint, credentials })

    describe('of a function', () => {
      it('is made when it is first opened, and reached with the password of now, before and after a rotation', async () => {
        const databases = databasesOn(shape, { clock: realClock(), ...here(), makes: true })
        const users = await databases.open('users')
        const answer = await users.query('select current_user as who, current_database() as place')
        expect(answer.rows).toEqual([{ who: 'groundplan', place: 'shop-users' }])
        await asked(server.url, "alter role groundplan password 'two'")
        await secrets.send(new PutSecretValueCommand({ SecretId: login, SecretString: stored('two') }))
        await asked(server.url, "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'groundplan'")
        await vi.waitFor(async () => expect((await users.query('select 1 as one')).rows).toHaveLength(1), 20_000)
        await databases.close()
      })

      it('says which variables are missing', () => {
        expect(() => auroraHere(realClock(), { AWS_REGION: region })).toThrow('GROUNDPLAN_AWS_DATABASE_LOGIN')
      })

      it('refuses a secret that is no login', async () => {
        const wrong = `wrong-${randomUUID()}`
        await secrets.send(new CreateSecretCommand({ Name: wrong, SecretString: 'no json' }))
        const own = { ...variables, GROUNDPLAN_AWS_DATABASE_LOGIN: wrong }
        const { password } = auroraHere(realClock(), own, { endpoint: moto.endpoint, credentials })
        await expect(password()).rejects.toMatchObject({ code: 'engine-unavailable' })
      })
    })

    describe('of a container', () => {
      it('is an engine of an environment, by the variables that the template gives', async () => {
        const engine = postgres({
          url: fromEnv('GROUNDPLAN_AWS_DATABASE_URL'),
          password: auroraPassword({
            region: fromEnv('AWS_REGION'),
            login: fromEnv('GROUNDPLAN_AWS_DATABASE_LOGIN'),
            endpoint: moto.endpoint,
            credentials,
          }),
          only: 'databases',
          makesDatabases: true,
        })
        expect([...engine.variables].sort()).toEqual(Object.keys(variables).sort())
        const text = (value: string | FromEnv) =>
          typeof value === 'string' ? value : (variables[value.variable] ?? '')
        const opening = { clock: realClock(), masterKey: new Uint8Array(32), parts: engine.keeps, others: {}, text }
        const { databases, close } = await engine.open({ ...shape, plan: 'stall' }, opening)
        const users = await databases?.open('users')
        expect((await users?.query('select current_database() as place'))?.rows).toEqual([{ place: 'stall-users' }])
        await close()
      })
    })
  }),
)
