/** In memory; `drivers/postgres` runs the same on a server. */
import { testbed } from 'groundplan/testbed'
import { pagesIn } from './pages.ts'

pagesIn('in memory', testbed)
