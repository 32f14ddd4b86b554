/** In memory; `drivers/postgres` runs the same on a server. */
import { testbed } from 'groundplan/testbed'
import { lineIn } from './line.ts'

lineIn('in memory', testbed)
