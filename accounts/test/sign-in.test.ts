/** In memory; `drivers/postgres` runs the same on a server. */
import { testbed } from 'groundplan/testbed'
import { signingIn } from './sign-in.ts'

signingIn('in memory', testbed)
