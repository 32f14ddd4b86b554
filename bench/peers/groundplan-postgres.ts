/** Groundplan for `contenders/drive.mjs`: the whole runtime on PostgreSQL, a queue and its consumer. */
import { randomBytes } from 'node:crypto'
import { postgresDrivers } from '../../drivers/postgres/src/drivers.ts'
import { migrate } from '../../drivers/postgres/src/migrate.ts'
import { schedulesTable } from '../../framework/src/contract/schedule.ts'
import { systemClock } from '../../framework/src/embedded/clock.ts'
import { memoryBuckets } from '../../framework/src/memory/bucket.ts'
import { memoryMail } from '../../framework/src/memory/mail.ts'
import { benched } from './system.ts'

export async function open({ postgresUrl }: { readonly postgresUrl: string }) {
  const clock = systemClock()
  const schema = `groundplan${process.pid}`
  return benched(async shape => {
    await migrate({ ...shape, tables: [...shape.tables, schedulesTable] }, { url: postgresUrl, clock, schema })
    const none = { clock, baseUrl: 'http://127.0.0.1', key: '', bucketPrefix: '', buckets: [], accept: () => {} }
    return postgresDrivers(shape, {
      ...{ url: postgresUrl, clock, schema, connections: 16, masterKey: randomBytes(32) },
      ...{ buckets: memoryBuckets(none), mail: memoryMail({ clock }) },
    })
  })
}
