/** Groundplan as it is. */
import { serveShop } from '../groundplan.ts'

await serveShop()
