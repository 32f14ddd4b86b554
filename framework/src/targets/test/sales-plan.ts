/** The counter of cameras without its throttle: a crowd sells as fast as it can. */
import { gateway, plan } from 'groundplan'
import { server } from '../../../../systems/counter/plan.ts'

export const sales = plan('counter', { gateways: { api: gateway(server, { throttle: { rate: 1e6, burst: 1e6 } }) } })
