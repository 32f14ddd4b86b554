/** The storefront as it is benchmarked. */
import { config } from 'groundplan/config'

export default config({ systems: { storefront: './plan.ts' } })
