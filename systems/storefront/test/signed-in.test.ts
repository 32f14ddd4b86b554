import { quickHashes, template } from '@groundplan/accounts/test/quick'
import { testbed } from 'groundplan/testbed'
import { signedInIn } from './signed-in.ts'

quickHashes()
const inMemory: typeof testbed = (plan, options = {}) => testbed(plan, { ...options, databaseTemplate: template })

signedInIn('in memory', inMemory)
