/**
 * What this repository runs.
 */
import { config } from 'groundplan/config'

export default config({
  systems: {},
})
