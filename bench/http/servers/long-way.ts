/** Groundplan with all requests read and answered by Node's HTTP: what the short way saves. */
import { serveShop } from '../groundplan.ts'

await serveShop({ shortWay: false })
