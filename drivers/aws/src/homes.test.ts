/** The systems' own cases on AWS, that is on its stand-ins: the same as in memory, on disk and on PostgreSQL. */

import { sellingIn } from '@systems/counter/test/selling'
import { orderLineIn } from '@systems/storefront/test/order-line'
import { signedInIn } from '@systems/storefront/test/signed-in'
import { homeOn } from 'groundplan/home'
import { vi } from 'vitest'
import { allOf } from './test/engines.ts'
import { awsHome } from './test/home.ts'

vi.setConfig({ testTimeout: 120_000 })

await allOf(['dynamodb', 'elasticmq', 'moto', 'ses'], (dynamodb, sqs, moto, ses) => {
  const endpoints = { dynamodb: dynamodb.endpoint, sqs: sqs.endpoint, moto: moto.endpoint, ses: ses.endpoint }
  const onAws = homeOn(shape => awsHome(shape, endpoints))
  sellingIn('on the drivers of AWS', onAws)
  orderLineIn('on the drivers of AWS', onAws)
  signedInIn('on the drivers of AWS', onAws)
})
