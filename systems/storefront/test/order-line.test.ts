import { testbed } from 'groundplan/testbed'
import { orderLineIn } from './order-line.ts'

orderLineIn('in memory', testbed)
