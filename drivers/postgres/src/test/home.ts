/** A home of systems on a PostgreSQL server, in schemas and databases of its own. */
import { randomUUID } from 'node:crypto'
import { homeOn, type OpenHome } from 'groundplan/home'
import { memoryBuckets } from 'groundplan/memory/bucket'
import { memoryMail } from 'groundplan/memory/mail'
import { migrate, postgresDrivers } from '../drivers.ts'
import { asked } from './live.ts'
import { realTime } from './time.ts'

/** `urlOf`: where the server is, asked for when a home is opened. */
export function homeOnPostgres(urlOf: () => string): OpenHome {
  return homeOn(async shape => {
    const { clock } = realTime()
    const url = urlOf()
    const schema = `home-${randomUUID()}`
    await migrate(shape, { url, clock, schema })
    // Objects and mail are kept elsewhere: the server keeps neither.
    const accept = () => {}
    const buckets = memoryBuckets({ clock, baseUrl: 'http://localhost', key: 'k', buckets: shape.buckets, accept })
    const own = { url, clock, schema, masterKey: Buffer.alloc(32, 1), buckets, mail: memoryMail({ clock }) }
    // Each home has databases of its own.
    const databaseUrl = (name: string): string => Object.assign(new URL(url), { pathname: `/${schema}-${name}` }).href
    for (const { name } of shape.databases) await asked(url, `create database "${schema}-${name}"`)
    return postgresDrivers(shape, { ...own, databaseUrl })
  })
}
