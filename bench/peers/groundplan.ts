/** Groundplan for `contenders/drive.mjs`: the whole runtime on the embedded engines, a queue and its consumer. */
import { join } from 'node:path'
import { systemClock } from '../../framework/src/embedded/clock.ts'
import { embeddedDrivers } from '../../framework/src/embedded/drivers.ts'
import { benched } from './system.ts'

export function open({ folder }: { readonly folder: string }) {
  return benched(shape =>
    embeddedDrivers(shape, { folder: join(folder, 'data'), clock: systemClock(), baseUrl: 'http://127.0.0.1' }),
  )
}
