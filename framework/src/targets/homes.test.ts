/** The systems' own cases on this machine's disk, on its clock. */

import { join } from 'node:path'
import { sellingIn } from '@systems/counter/test/selling'
import { orderLineIn } from '@systems/storefront/test/order-line'
import { vi } from 'vitest'
import { systemClock } from '../embedded/clock.ts'
import { embeddedDrivers } from '../embedded/drivers.ts'
import { temporaryFolder } from '../embedded/test/folder.ts'
import { newDatabases } from '../embedded/test/new-database.ts'
import { homeOn } from './home.ts'

vi.setConfig({ testTimeout: 60_000 })

const putDatabases = newDatabases()
const onDisk = homeOn(async shape => {
  const folder = temporaryFolder()
  putDatabases(
    join(folder.path, 'databases'),
    shape.databases.map(({ name }) => name),
  )
  const baseUrl = 'http://localhost/links'
  const drivers = await embeddedDrivers(shape, { folder: folder.path, clock: systemClock(), baseUrl })
  return {
    ...drivers,
    async close() {
      await drivers.close()
      folder.remove()
    },
  }
})

sellingIn('on disk', onDisk)
orderLineIn('on disk', onDisk)
