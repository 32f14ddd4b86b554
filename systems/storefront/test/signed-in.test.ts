import { databaseTemplate, testbed } from 'groundplan/testbed'
import { signedInIn } from './signed-in.ts'

const template = databaseTemplate()
const inMemory: typeof testbed = (plan, options = {}) => testbed(plan, { ...options, databaseTemplate: template })

signedInIn('in memory', inMemory)
