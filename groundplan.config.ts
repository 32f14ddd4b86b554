/**
 * What this repository runs.
 */
import { config } from 'groundplan/config'

export default config({
  systems: {
    counter: './systems/counter/plan.ts',
    storefront: './systems/storefront/plan.ts',
    insights: './systems/insights/plan.ts',
    giftflick: './systems/giftflick/plan.ts',
    records: './systems/records/plan.ts',
  },
  start: ['counter', 'storefront'],
  web: './web',
})
