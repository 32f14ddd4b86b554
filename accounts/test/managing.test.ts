/** In memory; `drivers/postgres` runs the same on a server. */
import { testbed } from 'groundplan/testbed'
import { managingIn } from './managing.ts'

managingIn('in memory', testbed)
