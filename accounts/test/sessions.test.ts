/** In memory; `drivers/postgres` runs the same on a server. */
import { testbed } from 'groundplan/testbed'
import { sessionsIn } from './sessions.ts'

sessionsIn('in memory', testbed)
