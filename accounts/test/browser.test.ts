/** In memory; `drivers/postgres` runs the same on a server. */
import { testbed } from 'groundplan/testbed'
import { browsingIn } from './browser.ts'

browsingIn('in memory', testbed)
